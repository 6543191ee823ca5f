// `scan`: what is in reach, recognised by what it sends unasked. Nothing is sent to anybody.

import { type ExitCode, exitCodes, type Terminal } from '@wattline/program';
import type { StartTimer } from '../reading/pacer.ts';
import { recognise, recogniseAdvertiser } from '../reading/reach.ts';
import { type Advertiser, type HeardPacket, type Receiver, TransportError } from '../transport.ts';
import { type Buses, type BusFound, hearBuses, printBuses } from './scan-bus.ts';
import { entriesOf, type Stranger } from './scan-entries.ts';

export interface Found {
  readonly address: string;
  readonly definition: string;
  readonly kind: string;
  readonly model: string;
  readonly name?: string;
  /** dBm, the strongest heard. */
  readonly signal_strength: number;
  readonly needs?: string;
  /** By its service only, which other makers use too. */
  readonly uncertain?: true;
  /** Its name in the configuration. */
  readonly configured?: string;
}

export interface PortFound {
  readonly path: string;
  readonly description: string;
  /** Of its USB ids. */
  readonly definition?: string;
}

export interface ScanOptions {
  /** `noted` is told of everybody who advertises. */
  readonly receiver: (noted: (advertiser: Advertiser) => void) => Pick<Receiver, 'packets'>;
  /** Ports by stable name, with what the system says is plugged in. */
  readonly ports: readonly PortFound[];
  readonly buses: Buses;
  /** Upper-case address, or port, → name in the configuration. */
  readonly configured: ReadonlyMap<string, string>;
  readonly forMs: number;
  readonly startTimer: StartTimer;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  readonly json: boolean;
}

const nothingHeard =
  'no device that this release reads was heard (is "Instant readout via Bluetooth" on in VictronConnect?) in';

export async function scan(options: ScanOptions): Promise<ExitCode> {
  const { receiver, ports, forMs, startTimer, terminal } = options;
  const found = new Map<string, Found>();
  const enough = new AbortController();
  const stopTimer = startTimer(forMs, () => enough.abort());
  const progress = terminal.progress(() => `listening for ${forMs / 1000} s: ${found.size} found`);
  const signal = AbortSignal.any([options.signal, enough.signal]);
  const hearingBuses = hearBuses(options.buses, options.configured, signal);
  let radio: string | undefined;
  try {
    const noted = (advertiser: Advertiser): void => noteAdvertiser(found, advertiser, options.configured);
    for await (const packet of receiver(noted).packets(signal)) note(found, packet, options.configured);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    radio = error.message;
  }
  const onBuses = await hearingBuses;
  stopTimer();
  progress.done();
  const devices = [...found.values()].sort((a, b) => b.signal_strength - a.signal_strength);
  if (options.json) for (const item of [...devices, ...onBuses.found, ...ports]) terminal.printJson(item);
  else print(terminal, devices, onBuses.found, ports, options.configured);
  for (const text of onBuses.silent) terminal.writeError(`${text}\n`);
  const isAlone = devices.length + onBuses.found.length === 0;
  if (radio !== undefined) terminal.writeError(`nothing was heard: ${radio}\n`);
  else if (isAlone) terminal.writeError(`${nothingHeard} ${forMs / 1000} s\n`);
  return radio !== undefined && isAlone && ports.length === 0 ? exitCodes.noneRead : exitCodes.done;
}

function note(found: Map<string, Found>, packet: HeardPacket, configured: ReadonlyMap<string, string>): void {
  const known = recognise(packet);
  if (known === undefined) return;
  const { definition, kind, model, needs } = known;
  const before = found.get(packet.address);
  const name = packet.name ?? before?.name;
  const own = configured.get(packet.address);
  found.set(packet.address, {
    ...{ address: packet.address, definition, kind, model },
    signal_strength: Math.max(packet.rssi, before?.signal_strength ?? packet.rssi),
    ...(name === undefined ? {} : { name }),
    ...(needs === undefined ? {} : { needs }),
    ...(own === undefined ? {} : { configured: own }),
  });
}

/** Services and name come in packets of their own. */
function noteAdvertiser(
  found: Map<string, Found>,
  { address, rssi, name, services }: Advertiser,
  configured: ReadonlyMap<string, string>,
): void {
  const before = found.get(address);
  const known = recogniseAdvertiser(services, name);
  if (known === undefined || (before !== undefined && known.uncertain)) {
    if (before !== undefined && name !== undefined) found.set(address, { ...before, name });
    return;
  }
  const own = configured.get(address);
  found.set(address, {
    ...{ address, ...known },
    signal_strength: Math.max(rssi, before?.signal_strength ?? rssi),
    ...(name === undefined ? {} : { name }),
    ...(own === undefined ? {} : { configured: own }),
  });
}

function print(
  terminal: Terminal,
  devices: readonly Found[],
  onBuses: readonly BusFound[],
  ports: ScanOptions['ports'],
  configured: ReadonlyMap<string, string>,
): void {
  if (devices.length > 0) {
    terminal.printTable(
      ['address', 'dBm', 'model', 'name', 'definition', 'configured'],
      devices.map((device) => [
        device.address,
        device.signal_strength,
        device.model,
        device.name ?? '',
        device.definition,
        device.configured ?? 'no',
      ]),
    );
  }
  if (devices.length > 0 && onBuses.length > 0) terminal.printLine('');
  printBuses(terminal, onBuses);
  if (ports.length > 0) {
    if (devices.length + onBuses.length > 0) terminal.printLine('');
    terminal.printTable(
      ['port', 'what is plugged in'],
      ports.map(({ path, description }) => [path, description]),
    );
  }
  const strangers = devices.filter(({ configured }) => configured === undefined);
  const newOnBuses = onBuses.filter(({ configured }) => configured === undefined);
  const newAtPorts = ports.flatMap(({ path, definition }) =>
    definition === undefined || configured.has(path) ? [] : [{ path, definition }],
  );
  if (strangers.length + newOnBuses.length + newAtPorts.length === 0) return;
  terminal.printLine('\n# To read what is not configured yet, put this under "devices:" in agent.yml:');
  const all: Stranger[] = [
    ...strangers.map(({ address, name, model, ...about }) => ({
      ...about,
      word: name || model,
      place: { address },
    })),
    ...newOnBuses.map(({ port, model, definition }) => ({ word: model, definition, place: { port } })),
    ...newAtPorts.map(({ path, definition }) => ({ word: definition, definition, place: { port: path } })),
  ];
  for (const entry of entriesOf(all, configured.values())) terminal.printLine(entry);
}
