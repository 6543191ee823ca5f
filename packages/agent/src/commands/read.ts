// `read NAME`: one device, printed with units. Publishes nothing.

import { type ExitCode, exitCodes, formatDateTime, type Terminal } from '@wattline/program';
import type { Listener } from '@wattline/protocols';
import type { Heard, ReadDevice, Trouble } from '../reading/device.ts';
import { type ReadDevicesOptions, readDevices } from '../reading/read-devices.ts';
import { notHeard } from '../reading/silence.ts';
import { formatValues } from '../show.ts';

export interface ReadOptions extends Omit<ReadDevicesOptions, 'devices' | 'reading' | 'trouble'> {
  readonly device: ReadDevice;
  readonly deadlineMs: number;
  readonly terminal: Terminal;
  readonly json: boolean;
  /** Also what was heard and has no name in the vocabulary. */
  readonly raw: boolean;
}

export async function read(options: ReadOptions): Promise<ExitCode> {
  const { device, terminal, deadlineMs, signal } = options;
  const progress = terminal.progress(() => `listening for ${device.name} …`);
  let listener: Pick<Listener, 'unknown'> | undefined;
  const listening = (fresh: Pick<Listener, 'unknown'>) => {
    listener = fresh;
  };
  const { heard, trouble } = await firstReading({ ...options, listening });
  progress.done();
  for (const each of heard)
    print(options, each, options.raw ? (listener?.unknown() ?? new Map()) : undefined);
  if (heard.length > 0) return exitCodes.done;
  if (!signal.aborted) {
    // Neither was waited for.
    const isAtOnce = trouble?.code === 'key' || device.replay !== undefined;
    const within = isAtOnce ? '' : ` in ${deadlineMs / 1000} s`;
    terminal.writeError(`${device.name}: no reading${within}: ${trouble?.message ?? notHeard(device)}\n`);
  }
  return exitCodes.noneRead;
}

/** The first reading of a device and of all units behind it, or the last trouble when the deadline came first. */
async function firstReading(
  options: ReadOptions,
): Promise<{ readonly heard: readonly Heard[]; readonly trouble?: Trouble }> {
  const { device, deadlineMs, startTimer, signal, terminal } = options;
  const enough = new AbortController();
  const heard: Heard[] = [];
  let trouble: Trouble | undefined;
  const stopTimer = startTimer(deadlineMs, () => enough.abort());
  try {
    await readDevices({
      ...options,
      devices: [device],
      signal: AbortSignal.any([signal, enough.signal]),
      reading(_, first) {
        if (heard.length === 0 || heard[0]?.moment === first.moment) heard.push(first);
        enough.abort();
      },
      trouble(_, latest) {
        // Whoever waits can do something about it meanwhile.
        if (latest.code === 'link' && latest.message !== trouble?.message)
          terminal.writeError(`${device.name}: ${latest.message}\n`);
        trouble = latest;
        // A key that does not fit will not fit the next time either.
        if (latest.code === 'key') enough.abort();
      },
    });
  } finally {
    stopTimer();
  }
  return { heard, ...(trouble === undefined ? {} : { trouble }) };
}

function print(
  { device, terminal, json }: ReadOptions,
  { decoded, moment, rssi }: Heard,
  unknown: ReturnType<Listener['unknown']> | undefined,
): void {
  const { part, family, ...told } = decoded;
  const name = part === undefined ? device.name : `${device.name}_${part}`;
  if (json) {
    terminal.printJson({
      name,
      definition: family ?? device.definition.id,
      ...told,
      time: moment.wallMs,
      ...(rssi === undefined ? {} : { signal_strength: rssi }),
      ...(unknown === undefined ? {} : { unknown: Object.fromEntries(unknown) }),
    });
    return;
  }
  const heardAt = formatDateTime(moment.wallMs);
  const strength = rssi === undefined ? '' : `, ${rssi} dBm`;
  terminal.printLine(
    `${name}: ${decoded.model ?? device.definition.name}, ${decoded.kind}, ${heardAt}${strength}`,
  );
  terminal.printTable(['field', 'value', 'unit'], formatValues(decoded.values));
  if (unknown === undefined) return;
  const rows = [...unknown].map(([label, { text, count }]) => [label, text, count]);
  terminal.printLine(rows.length === 0 ? '\nevery label has a name' : '');
  if (rows.length > 0) terminal.printTable(['label without a name', 'text', 'heard'], rows);
}
