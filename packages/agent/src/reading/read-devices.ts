// Reads any set of devices until a signal ends it: one loop over the radio for all that broadcast, one for each cable.

import type { Listener } from '@wattline/protocols';
import { type Connect, type HeardPacket, type Receiver, TransportError } from '../transport.ts';
import { type Moment, mediumOf, type Observer, type ReadDevice } from './device.ts';
import { hear } from './hear.ts';
import { listen } from './listen.ts';
import type { StartTimer } from './pacer.ts';
import { pause } from './pause.ts';

/** How devices are reached on this machine, or out of a recording. */
export interface Media {
  readonly radio: (companies: readonly number[]) => Pick<Receiver, 'packets'>;
  readonly serial: (port: string, baudRate: number) => Connect;
  /** Recordings answer as the medium that they were taken from. */
  readonly replayedPackets: (file: string) => Pick<Receiver, 'packets'>;
  readonly replayedLink: (file: string) => Connect;
}

export interface ReadDevicesOptions extends Observer {
  readonly devices: readonly ReadDevice[];
  readonly media: Media;
  readonly now: () => Moment;
  readonly startTimer: StartTimer;
  readonly signal: AbortSignal;
  /** The listener of a cable, where somebody wants to look into it afterwards. */
  readonly listener?: Listener;
  readonly stranger?: (packet: HeardPacket) => void;
  /** Once each: the radio is lost, and heard again. */
  readonly radioTrouble?: (message: string) => void;
}

const retryFirstMs = 1000;
const retryLongestMs = 30_000;

/** Ends with the signal. @throws only what is our own bug. */
export async function readDevices(options: ReadDevicesOptions): Promise<void> {
  const { devices, media, signal } = options;
  const failed = new AbortController();
  const either = { ...options, signal: AbortSignal.any([signal, failed.signal]) };
  const onAir = devices.filter(
    (device) => device.replay === undefined && mediumOf(device) === 'advertisement',
  );
  const loops: Promise<void>[] =
    onAir.length === 0 ? [] : [hearAgain(onAir, media.radio(companiesOf(onAir)), either)];
  for (const device of devices) {
    if (onAir.includes(device)) continue;
    loops.push(
      device.replay === undefined ? listenToPort(device, either) : replay(device, device.replay, either),
    );
  }
  // One loop that ends by a bug ends all of them, and comes out here.
  await Promise.all(
    loops.map((loop) =>
      loop.catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    ),
  );
}

const companiesOf = (devices: readonly ReadDevice[]): number[] => [
  ...new Set(
    devices.flatMap(({ definition }) =>
      definition.media.flatMap((medium) => (medium.medium === 'advertisement' ? [medium.company] : [])),
    ),
  ),
];

async function hearAgain(
  devices: readonly ReadDevice[],
  receiver: Pick<Receiver, 'packets'>,
  options: ReadDevicesOptions,
): Promise<void> {
  const { signal, startTimer, now } = options;
  let retryMs = retryFirstMs;
  while (!signal.aborted) {
    const startedMs = now().uptimeMs;
    try {
      await hear({ ...options, devices, receiver, uptimeMs: () => now().uptimeMs });
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      options.radioTrouble?.(error.message);
      for (const device of devices) options.trouble(device, { code: 'link', message: error.message });
    }
    if (now().uptimeMs - startedMs > retryLongestMs) retryMs = retryFirstMs;
    await pause(retryMs, startTimer, signal);
    retryMs = Math.min(retryMs * 2, retryLongestMs);
  }
}

function listenToPort(device: ReadDevice, options: ReadDevicesOptions): Promise<void> {
  const baudRate = device.definition.media.find((medium) => medium.medium === 'serial')?.baudRate ?? 0;
  return listen({ ...options, device, connect: options.media.serial(device.port ?? '', baudRate) });
}

/** A recording is played once; when it has ended there is nothing more to come. */
async function replay(device: ReadDevice, file: string, options: ReadDevicesOptions): Promise<void> {
  const { media, now } = options;
  try {
    if (mediumOf(device) === 'advertisement') {
      // The recording is of this one device, whatever its address was.
      const packets = media.replayedPackets(file);
      await hear({
        ...options,
        devices: [device],
        receiver: readdressed(packets, device),
        uptimeMs: () => now().uptimeMs,
      });
    } else {
      await listen({ ...options, device, connect: media.replayedLink(file), once: true });
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    options.trouble(device, { code: 'link', message: error.message });
  }
}

function readdressed(receiver: Pick<Receiver, 'packets'>, device: ReadDevice): Pick<Receiver, 'packets'> {
  return {
    async *packets(signal) {
      for await (const packet of receiver.packets(signal)) yield { ...packet, address: device.address ?? '' };
    },
  };
}
