// The ways to the devices of a configuration on this machine, and the devices as the loops take them.

import { type Clock, didYouMean, UsageError } from '@wattline/program';
import type { DeviceDefinition } from '@wattline/protocols';
import type { Adapter, AgentConfiguration, DeviceConfiguration } from './config/configuration.ts';
import type { Media } from './reading/connect.ts';
import type { ReadDevice } from './reading/device.ts';
import type { Surround } from './surround.ts';
import { type Moment, TransportError } from './transport.ts';
import { chooseAdapter } from './transports/adapter-choice.ts';
import { type Access, accessWords, chooseAccess, chosenRadio } from './transports/bluetooth-access.ts';
import { type BluetoothRadio, createBluetoothRadio } from './transports/bluetooth-radio.ts';
import { openBus } from './transports/bus.ts';
import { hidLink } from './transports/hid-link.ts';
import { hciOf } from './transports/noble-hci.ts';
import { candumpDefinition, readHeader } from './transports/recording.ts';
import { replayLink, replayReceiver } from './transports/replay.ts';
import { serialLink } from './transports/serial-link.ts';

export const momentOf =
  (clock: Clock): (() => Moment) =>
  () => ({ wallMs: clock.nowMs(), uptimeMs: clock.uptimeMs() });

export interface MediaOptions {
  readonly bluetooth: Pick<AgentConfiguration['bluetooth'], 'access' | 'library'> & {
    readonly adapter?: Adapter;
  };
  /** Names of devices with a PIN. */
  readonly bonded: readonly string[];
  /** The program runs for long: the radio in a watched process of its own, recordings with their pauses. */
  readonly isLasting: boolean;
}

export interface MachineMedia extends Media {
  /** How the Bluetooth adapter is reached, and why; absent where there is no choice. */
  readonly bluetoothAccess?: () => Promise<Access>;
}

export function createMedia(
  { bluetooth, bonded, isLasting }: MediaOptions,
  { mainFile, log }: Pick<Surround, 'mainFile' | 'log'>,
  now: () => Moment,
): MachineMedia {
  const pace = isLasting ? 'recorded' : 'fastest';
  const chosen = bluetooth.adapter === undefined ? undefined : formatAdapter(bluetooth.adapter);
  const wanted = chosen === undefined ? {} : { adapter: chosen };
  const { library } = bluetooth;
  const adapter = () => chooseAdapter(chosen);
  const isKernels = bluetooth.adapter?.by !== 'tcp' && bluetooth.adapter?.by !== 'uart';
  const choose = (current?: Access) =>
    chooseAccess({ wanted: bluetooth.access, adapter, isKernels, bonded }, current);
  let access: Promise<Access> | undefined;
  const bluetoothAccess = (): Promise<Access> => {
    access ??= choose().then((found) => {
      if (found.way === 'dbus') log.info(`Bluetooth: through BlueZ (${found.why})`);
      return found;
    });
    return access;
  };
  const isFree = bluetooth.access === 'auto' && isKernels && bonded.length === 0;
  const open = async (way: Access['way']): Promise<BluetoothRadio> => {
    if (way === 'dbus') {
      const { createBlueZRadio } = await import('./transports/bluez/bluez-radio.ts');
      return createBlueZRadio({ ...wanted, now });
    }
    if (!isLasting) return createBluetoothRadio({ adapter, now, createHci: hciOf(library) });
    const { createWatchedRadio } = await import('./transports/watched-radio.ts');
    const ending = isFree ? ({ endsShut: true } as const) : {};
    return createWatchedRadio({ file: mainFile, ...wanted, now, log, library, ...ending });
  };
  const radio = chosenRadio({
    choose: (current) => (current === undefined ? bluetoothAccess() : choose(current)),
    open,
    changed: ({ way, why }) => log.info(`Bluetooth: ${accessWords[way]} from now on (${why})`),
    uptimeMs: () => now().uptimeMs,
  });
  return {
    ...(isKernels ? { bluetoothAccess } : {}),
    radio: radio.receiver,
    gatt: radio.connect,
    hid: (port, { reportBytes, reportPauseMs }) => hidLink({ port, reportBytes, reportPauseMs }),
    serial: (path, baudRate) => serialLink({ path, baudRate }, log.warn),
    bus: (way) => openBus(way, now, log.warn),
    replayedPackets: (path) => replayReceiver({ path, pace, now }),
    replayedLink: (path) => replayLink({ path, pace, now }),
  };
}

/** What the media of a configuration take from it. */
export const mediaOptions = (
  { bluetooth, devices }: AgentConfiguration,
  isLasting: boolean,
): MediaOptions => ({
  bluetooth,
  bonded: devices.flatMap(({ name, passkey }) => (passkey === undefined ? [] : [name])),
  isLasting,
});

/** As the transports name it. */
export function formatAdapter(adapter: Adapter): string {
  switch (adapter.by) {
    case 'address':
      return adapter.address;
    case 'index':
      return `hci${adapter.index}`;
    case 'tcp':
      return `tcp:${adapter.host}:${adapter.port}`;
    case 'uart':
      return `uart:${adapter.path}`;
  }
}

/** Devices as the loops take them; `replay` stands in for every device of its definition. @throws UsageError */
export async function toReadDevices(
  { devices }: AgentConfiguration,
  replay: string | undefined,
): Promise<ReadDevice[]> {
  const recorded = replay === undefined ? undefined : await definitionOf(replay);
  if (recorded !== undefined && !devices.some(({ definition }) => isOf(definition, recorded))) {
    throw new UsageError(
      `${replay} is a recording of ${recorded}; no configured device is of that definition`,
    );
  }
  return devices.map((device) => {
    const { name, definition, address, port, bus, secret, passkey, intervalMs } = device;
    const { nightIntervalMs, keepsConnected, isAlone, scale } = device;
    const recording = isOf(definition, recorded) ? replay : device.replay;
    return {
      name,
      definition,
      intervalMs,
      ...(address === undefined ? {} : { address }),
      ...(port === undefined ? {} : { port }),
      ...(bus === undefined ? {} : { bus }),
      ...(secret === undefined ? {} : { secret: secret.reveal() }),
      ...(passkey === undefined ? {} : { passkey: passkey.reveal() }),
      ...(recording === undefined ? {} : { replay: recording }),
      ...(nightIntervalMs === undefined ? {} : { nightIntervalMs }),
      ...(keepsConnected === undefined ? {} : { keepsConnected }),
      ...(isAlone === undefined ? {} : { isAlone }),
      ...(scale === undefined ? {} : { scale }),
    };
  });
}

/** A log of candump says only that it is of a bus. */
const isOf = ({ id, media }: DeviceDefinition, recorded: string | undefined): boolean =>
  id === recorded || (recorded === candumpDefinition && media.some(({ medium }) => medium === 'can'));

/** Whether a recording is of a CAN bus. One that cannot be read is told by whoever plays it. */
export async function isRecordedOnBus(recording: string): Promise<boolean> {
  try {
    return (await readHeader(recording)).medium === 'can';
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return false;
  }
}

async function definitionOf(recording: string): Promise<string> {
  try {
    return (await readHeader(recording)).definition;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new UsageError(error.message);
  }
}

/** The device of that name, or of that number in the file as the replaced Victron tool counted. @throws UsageError */
export function pickDevice<Device extends Pick<DeviceConfiguration, 'name'>>(
  devices: readonly Device[],
  word: string,
): Device {
  const found =
    devices.find(({ name }) => name === word) ?? (/^\d+$/.test(word) ? devices[Number(word)] : undefined);
  if (found !== undefined) return found;
  const known = devices.map(({ name }) => name);
  const list = known.length === 0 ? '; none is configured' : `; configured are ${known.join(', ')}`;
  throw new UsageError(`there is no device ${word}${didYouMean(word, known) || list}`);
}
