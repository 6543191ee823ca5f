// Commands that need the configuration: builds the ways to the devices and to the broker, and hands them over.

import { randomUUID } from 'node:crypto';
import {
  ConfigurationError,
  createClock,
  type ExitCode,
  exitCodes,
  type LogLevel,
  UsageError,
} from '@wattline/program';
import { definitions } from '@wattline/protocols';
import type { Invocation } from './command-line.ts';
import type { PortFound } from './commands/scan.ts';
import type { AgentConfiguration } from './config/configuration.ts';
import { loadAgentConfiguration } from './config/load.ts';
import {
  createMedia,
  formatAdapter,
  isRecordedOnBus,
  mediaOptions,
  momentOf,
  pickDevice,
  toReadDevices,
} from './media.ts';
import { startTimer } from './reading/pacer.ts';
import type { Surround } from './surround.ts';
import type { HidPortFound } from './transports/hid-ports.ts';

export type Configured = Exclude<
  Invocation,
  { command: 'print' | 'decode' | 'devices' | 'victron-keys' | 'outbox' | 'scan' }
>;

const readDeadlineMs = 30_000;
const checkDeadlineMs = 10_000;

export async function executeConfigured(invocation: Configured, surround: Surround): Promise<ExitCode> {
  const { terminal, signal } = surround;
  const { command, json } = invocation;
  const configuration = load(invocation.config, surround, command === 'run' ? 'info' : 'debug');
  if (command === 'check' && invocation.offline) {
    const text = `devices: ${configuration.devices.map(({ name }) => name).join(', ') || 'none'}`;
    if (json) terminal.printJson({ what: 'configuration', ok: true, text });
    else terminal.printLine(`ok    configuration: ${text}`);
    return exitCodes.done;
  }
  const clock = createClock();
  const now = momentOf(clock);
  const media = createMedia(mediaOptions(configuration, command === 'run'), surround, now);
  const devices = await toReadDevices(configuration, invocation.replay);
  const common = { media, now, startTimer, signal };
  switch (command) {
    case 'run':
    case 'once': {
      const { deliverReadings } = await import('./delivering.ts');
      return deliverReadings({ invocation, configuration, devices, media, clock, surround });
    }
    case 'read': {
      const { read } = await import('./commands/read.ts');
      const device = pickDevice(devices, invocation.name);
      if (invocation.replay !== undefined && device.replay !== invocation.replay) {
        throw new UsageError(
          `${invocation.replay} is no recording of ${device.definition.id}, which ${device.name} is`,
        );
      }
      return read({ ...common, device, deadlineMs: readDeadlineMs, terminal, json, raw: invocation.raw });
    }
    case 'pair': {
      const { pair } = await import('./commands/pair.ts');
      const { name, address, passkey } = pickDevice(configuration.devices, invocation.name);
      if (address === undefined)
        throw new UsageError(`${name} has no address: only a device reached by Bluetooth is bonded with`);
      const { adapter } = configuration.bluetooth;
      const wanted = adapter === undefined ? undefined : formatAdapter(adapter);
      return pair({ name, address, passkey: passkey?.reveal(), adapter: wanted, terminal, signal });
    }
    case 'record': {
      const { record } = await import('./commands/record.ts');
      if (invocation.replay !== undefined) throw new UsageError('record captures a device: no --replay');
      const device = pickDevice(devices, invocation.name);
      return record({ ...common, device, out: invocation.out, forMs: invocation.forMs, terminal });
    }
    case 'check': {
      const { check } = await import('./commands/check.ts');
      const { brokerOf, openPublisher } = await import('./connection.ts');
      const clientId = `wattline-check-${randomUUID().slice(0, 8)}`;
      // Its findings are the command's own output.
      const { debug } = surround.log;
      const log = { ...surround.log, info: debug, warn: debug };
      const publisher = openPublisher(configuration, { log }, { clientId });
      const broker = brokerOf(configuration);
      const { bluetoothAccess } = media;
      const isOnAir = devices.some(({ address, replay }) => address !== undefined && replay === undefined);
      return check({
        ...{ ...common, devices, publisher, broker, deadlineMs: checkDeadlineMs, terminal, json },
        ...(isOnAir && bluetoothAccess !== undefined ? { bluetooth: bluetoothAccess } : {}),
      });
    }
  }
}

export async function showWaiting(
  option: string | undefined,
  json: boolean,
  surround: Surround,
): Promise<ExitCode> {
  const { showOutbox } = await import('./commands/outbox.ts');
  return showOutbox(surround.terminal, load(option, surround).outbox.path, json);
}

/** Works without a configuration too: it is what a person does first. */
export async function scanAround(
  { config, replay, forMs, asked, json }: Extract<Invocation, { command: 'scan' }>,
  surround: Surround,
): Promise<ExitCode> {
  const { terminal, log, signal } = surround;
  let configuration: AgentConfiguration | undefined;
  try {
    configuration = load(config, surround);
  } catch (error) {
    if (config !== undefined || !(error instanceof ConfigurationError)) throw error;
    const isThere = error.problems.some(({ place }) => 'file' in place);
    const lines = ['the configuration is not used:', ...error.message.split('\n')];
    for (const line of lines) log[isThere ? 'warn' : 'debug'](line);
  }
  const { scan } = await import('./commands/scan.ts');
  const { listSerialPorts } = await import('./transports/serial-ports.ts');
  const { listHidPorts } = await import('./transports/hid-ports.ts');
  const { listCanInterfaces, socketCanReceiver } = await import('./transports/socket-can.ts');
  const companies = definitions.flatMap(({ media: ways }) =>
    ways.flatMap((way) => (way.medium === 'advertisement' ? [way.company] : [])),
  );
  const now = momentOf(createClock());
  const unconfigured = {
    bluetooth: { access: 'auto', library: 'stoprocent' },
    bonded: [],
    isLasting: false,
  } as const;
  const options = configuration === undefined ? unconfigured : mediaOptions(configuration, false);
  const media = createMedia(options, surround, now);
  if (asked !== undefined) {
    const { scanByAsking } = await import('./commands/scan-ask.ts');
    return scanByAsking({ port: asked, media, now, startTimer, signal, terminal, json });
  }
  const configured = new Map(
    configuration?.devices.map(({ address, port, name }) => [address ?? port ?? '', name]) ?? [],
  );
  const serialPorts = listSerialPorts().map(({ path, ...about }) => ({
    path,
    description: [about.manufacturer, about.product, about.serialNumber].filter(Boolean).join(' '),
  }));
  const ports = [...serialPorts, ...listHidPorts().flatMap(toHidPort)];
  const common = { configured, forMs, startTimer, signal, terminal, json };
  if (replay === undefined) {
    const buses = new Map(listCanInterfaces().map((name) => [name, socketCanReceiver({ name, now })]));
    return scan({ ...common, ports, buses, receiver: (noted) => media.radio(companies, noted) });
  }
  const played = media.replayedPackets(replay);
  const isOfBus = await isRecordedOnBus(replay);
  return scan({
    ...common,
    ports: [],
    buses: new Map(isOfBus ? [[replay, played]] : []),
    receiver: () => (isOfBus ? { async *packets() {} } : played),
  });
}

/** Of all HID devices, keyboards among them, those that a definition asks. */
function toHidPort({ path, vendor, product, name }: HidPortFound): readonly PortFound[] {
  const family = definitions.find(({ media }) =>
    media.some((way) => way.medium === 'hid' && way.vendor === vendor && way.product === product),
  );
  return family === undefined ? [] : [{ path, description: name, definition: family.id }];
}

function load(
  option: string | undefined,
  { surroundings, redactor, log }: Surround,
  level: LogLevel = 'debug',
): AgentConfiguration {
  const { configuration, file, secrets, notices } = loadAgentConfiguration(option, surroundings);
  log[level](`configuration: ${file}`);
  for (const secret of secrets) redactor.hide(secret);
  for (const notice of notices) log.warn(notice);
  return configuration;
}
