// `check`: proves what the configuration promises. Each device is heard, its key fits and its values can be true; the
// broker lets us in.

import { type ExitCode, exitCodes, type Terminal } from '@wattline/program';
import { describeField, type Values } from '@wattline/protocols';
import type { Publisher } from '../publisher/publisher.ts';
import type { Heard, ReadDevice, Trouble } from '../reading/device.ts';
import { doubtful } from '../reading/plausible.ts';
import { type ReadDevicesOptions, readDevices } from '../reading/read-devices.ts';
import { notHeard } from '../reading/silence.ts';
import { formatValue } from '../show.ts';
import { type Access, accessWords } from '../transports/bluetooth-access.ts';

export interface CheckOptions extends Omit<ReadDevicesOptions, 'reading' | 'trouble'> {
  readonly publisher: Publisher;
  /** Host and port. */
  readonly broker: string;
  /** How the Bluetooth adapter is reached; absent where no device needs it. */
  readonly bluetooth?: () => Promise<Access>;
  /** Of one device; those that share an adapter or a port are asked one after the other. */
  readonly deadlineMs: number;
  readonly terminal: Terminal;
  readonly json: boolean;
}

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly text: string;
  /** Values that can hardly be true. */
  readonly doubtful?: readonly string[];
}

/** Refusals by the broker in a row after which no other answer is expected. */
const refusalsMax = 2;

export async function check(options: CheckOptions): Promise<ExitCode> {
  const { terminal, devices, deadlineMs } = options;
  const longestMs = deadlineMs * turnsOf(devices);
  const progress = terminal.progress(() => `asking for at most ${longestMs / 1000} s …`);
  const [broker, found, access] = await Promise.all([
    withinMs(deadlineMs, options, (signal) => checkBroker(options, signal)),
    withinMs(longestMs, options, (signal) => checkDevices(options, signal)),
    options.bluetooth?.(),
  ]);
  progress.done();
  for (const finding of [broker, ...(access === undefined ? [] : [describeAccess(access)]), ...found]) {
    if (options.json) terminal.printJson(finding);
    else terminal.printLine(formatFinding(finding));
  }
  const failed = found.filter(({ ok }) => !ok).length;
  if (!broker.ok) return exitCodes.waiting;
  if (failed === 0) return exitCodes.done;
  return failed === devices.length ? exitCodes.noneRead : exitCodes.someNotRead;
}

async function withinMs<Result>(
  timeoutMs: number,
  { startTimer, signal }: CheckOptions,
  act: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = new AbortController();
  const stopTimer = startTimer(timeoutMs, () => deadline.abort());
  const result = await act(AbortSignal.any([signal, deadline.signal]));
  stopTimer();
  return result;
}

const isAsked = ({ definition, replay }: ReadDevice): boolean =>
  definition.ask !== undefined && replay === undefined;

/** How many devices at most wait for each other. */
function turnsOf(devices: readonly ReadDevice[]): number {
  const places = Map.groupBy(devices.filter(isAsked), ({ port = '' }) => port);
  return Math.max(1, ...[...places.values()].map(({ length }) => length));
}

const describeAccess = ({ way, why }: Access): Finding => ({
  what: 'bluetooth',
  ok: true,
  text: `${accessWords[way]}: ${why}`,
});

function formatFinding({ what, ok, text, doubtful: doubts = [] }: Finding): string {
  if (!ok) return `FAULT ${what}: ${text}`;
  if (doubts.length === 0) return `ok    ${what}: ${text}`;
  const advice = "if the device's own display shows others, the key is another device's";
  return `DOUBT ${what}: ${text}; ${doubts.join(', ')}: ${advice}`;
}

async function checkBroker({ publisher, broker }: CheckOptions, signal: AbortSignal): Promise<Finding> {
  await new Promise<void>((resolve) => {
    publisher.onConnect(() => resolve());
    publisher.onDown(() => {
      if (publisher.status().refusals >= refusalsMax) resolve();
    });
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const { connected, version, problem = `${broker} does not answer` } = publisher.status();
  await publisher.close();
  if (!connected) return { what: 'broker', ok: false, text: problem };
  const silence = version === '5' ? '' : '; with MQTT 3.1.1 a broker cannot tell that it refuses a topic';
  return { what: 'broker', ok: true, text: `${broker} takes us by MQTT ${version}${silence}` };
}

/** Asked again, or with a link that stays open, it would keep the next one from its turn. */
const onceOnly = (device: ReadDevice, longestMs: number): ReadDevice =>
  isAsked(device)
    ? { ...device, keepsConnected: false, intervalMs: Math.max(device.intervalMs, longestMs) }
    : device;

async function checkDevices(options: CheckOptions, signal: AbortSignal): Promise<Finding[]> {
  const heard = new Map<ReadDevice, Heard>();
  const troubles = new Map<ReadDevice, Trouble>();
  const enough = new AbortController();
  const longestMs = options.deadlineMs * turnsOf(options.devices);
  const devices = options.devices.map((device) => onceOnly(device, longestMs));
  /** Each has had its time; only who still waits for its turn is waited for. */
  let isLate = false;
  const isDecided = (device: ReadDevice): boolean => {
    if (heard.has(device) || troubles.get(device)?.code === 'key') return true;
    return isLate && (!isAsked(device) || troubles.has(device));
  };
  const look = () => {
    if (devices.every(isDecided)) enough.abort();
  };
  const stopTimer = options.startTimer(options.deadlineMs, () => {
    isLate = true;
    look();
  });
  look();
  await readDevices({
    ...options,
    devices,
    signal: AbortSignal.any([signal, enough.signal]),
    reading(device, first) {
      heard.set(device, first);
      look();
    },
    trouble(device, trouble) {
      troubles.set(device, trouble);
      look();
    },
  });
  stopTimer();
  return devices.map((device) => {
    const first = heard.get(device);
    if (first !== undefined) {
      const doubts = doubtful(first.decoded.values);
      const text = describe(device, first);
      return { what: device.name, ok: true, text, ...(doubts.length === 0 ? {} : { doubtful: doubts }) };
    }
    return { what: device.name, ok: false, text: troubles.get(device)?.message ?? notHeard(device) };
  });
}

function describe(device: ReadDevice, { decoded, rssi }: Heard): string {
  const strength = rssi === undefined ? '' : `, ${rssi} dBm`;
  return `${decoded.model ?? device.definition.name}${strength}: ${glimpse(decoded.values)}`;
}

const glimpseMax = 4;

/** A few known values, to compare with the device's own display. */
const glimpse = (values: Values): string =>
  Object.entries(values)
    .filter(([, value]) => value !== null)
    .slice(0, glimpseMax)
    .map(([field, value]) => `${field} ${formatValue(value)} ${describeField(field)?.unit ?? ''}`.trim())
    .join(', ');
