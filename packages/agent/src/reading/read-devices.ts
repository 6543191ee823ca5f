// Reads any set of devices until a signal ends it: one loop over the radio for all that broadcast, one for each cable or
// connection.

import type { Listener } from '@wattline/protocols';
import type { UntilCommand } from '../delivery/until-commands.ts';
import { type HeardPacket, type Moment, type Receiver, TransportError } from '../transport.ts';
import { shareLink } from '../transports/shared-link.ts';
import { ask } from './ask.ts';
import { openBusEars } from './bus.ts';
import { busWayOf, connectOf, type Media } from './connect.ts';
import { mediumOf, type Observer, type ReadDevice } from './device.ts';
import { type Ears, openEars } from './hear.ts';
import { listen } from './listen.ts';
import type { StartTimer } from './pacer.ts';
import { pause } from './pause.ts';
import { askUnlessReleased } from './release.ts';
import { toScale } from './scale.ts';
import { createTurns } from './turns.ts';

export interface ReadDevicesOptions extends Observer {
  readonly devices: readonly ReadDevice[];
  readonly media: Media;
  readonly now: () => Moment;
  readonly startTimer: StartTimer;
  readonly signal: AbortSignal;
  /** While it holds, devices that are connected to by Bluetooth are left to others. */
  readonly release?: Pick<UntilCommand, 'untilMs' | 'onChange'>;
  /** Whether devices are asked at their night interval; default: never. */
  readonly isNight?: () => boolean;
  /** Each time a cable is opened: what listens to it from now on. */
  readonly listening?: (listener: Pick<Listener, 'unknown'>) => void;
  /** Packets of addresses that are not configured. */
  readonly stranger?: (packet: HeardPacket) => void;
}

const retryFirstMs = 1000;
const retryLongestMs = 30_000;
/** An adapter that lost its settings is silent until it is set anew. */
const busQuietMs = 15_000;

/** Ends with the signal. @throws only what is our own bug. */
export async function readDevices(options: ReadDevicesOptions): Promise<void> {
  const { devices, media, signal } = options;
  const failed = new AbortController();
  const reading: Observer['reading'] = (device, heard) =>
    options.reading(device, toScale(heard, device.scale));
  const either = { ...options, reading, signal: AbortSignal.any([signal, failed.signal]) };
  const onAir = devices.filter(
    (device) => device.replay === undefined && mediumOf(device) === 'advertisement',
  );
  const uptimeMs = () => options.now().uptimeMs;
  const loops: Promise<void>[] = [];
  if (onAir.length > 0) {
    const ears = openEars({ ...either, devices: onAir, uptimeMs });
    loops.push(hearAgain(onAir, media.radio(companiesOf(onAir)), ears, either));
  }
  const overLinks: ReadDevice[] = [];
  for (const device of devices) {
    if (onAir.includes(device)) continue;
    if (device.replay === undefined) overLinks.push(device);
    else loops.push(replay(device, device.replay, either));
  }
  for (const own of Map.groupBy(overLinks, placeOf).values()) loops.push(...readOverLink(own, either));
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

/** Opens the radio or the bus again whenever it is lost. */
async function hearAgain(
  devices: readonly ReadDevice[],
  receiver: Pick<Receiver, 'packets'>,
  ears: Ears,
  options: ReadDevicesOptions,
  /** After at least so long without any packet it is opened anew. */
  quietMs?: number,
): Promise<void> {
  const { signal, startTimer, now } = options;
  const uptimeMs = () => now().uptimeMs;
  let retryMs = retryFirstMs;
  try {
    while (!signal.aborted) {
      const startedMs = uptimeMs();
      const quiet = new AbortController();
      const pulse = quietMs === undefined ? undefined : watchQuiet(quietMs, startTimer, quiet);
      try {
        for await (const packet of receiver.packets(AbortSignal.any([signal, quiet.signal]))) {
          pulse?.beat();
          ears.hear(packet);
        }
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        for (const device of devices) options.trouble(device, { code: 'link', message: error.message });
      } finally {
        pulse?.stop();
      }
      if (quiet.signal.aborted) continue;
      if (uptimeMs() - startedMs > retryLongestMs) retryMs = retryFirstMs;
      await pause(retryMs, startTimer, signal);
      retryMs = Math.min(retryMs * 2, retryLongestMs);
    }
  } finally {
    ears.close();
  }
}

/** Looks now and then: a bus has thousands of packets a second. */
function watchQuiet(
  quietMs: number,
  startTimer: StartTimer,
  quiet: AbortController,
): { beat(): void; stop(): void } {
  let hasBeaten = false;
  const watch = (): (() => void) =>
    startTimer(quietMs, () => {
      if (!hasBeaten) return quiet.abort();
      hasBeaten = false;
      stop = watch();
    });
  let stop = watch();
  return {
    beat() {
      hasBeaten = true;
    },
    stop: () => stop(),
  };
}

/** The port, or the device itself where there is none. */
const placeOf = (device: ReadDevice): unknown => device.port ?? device;

/** Asks, or listens to what comes by itself. Devices at one port share it. */
function readOverLink(devices: readonly ReadDevice[], options: ReadDevicesOptions): Promise<void>[] {
  const [first] = devices;
  if (first === undefined) return [];
  if (mediumOf(first) === 'can') {
    const ears = openBusEars({ ...options, devices });
    return [hearAgain(devices, options.media.bus(busWayOf(first)), ears, options, busQuietMs)];
  }
  const own = connectOf(first, options.media);
  const connect = devices.length === 1 ? own : shareLink(own);
  const inTurn = createTurns();
  return devices.map((device) =>
    device.definition.ask === undefined
      ? listen({ ...options, device, connect })
      : askUnlessReleased({ ...options, device, connect, inTurn }),
  );
}

/** A recording is played once; when it has ended there is nothing more to come. */
async function replay(device: ReadDevice, file: string, options: ReadDevicesOptions): Promise<void> {
  const { media, now, signal } = options;
  const medium = mediumOf(device);
  if (medium !== 'advertisement' && medium !== 'can') {
    const played = { ...options, device, ...media.replayedLink(file), once: true } as const;
    await (device.definition.ask === undefined ? listen(played) : ask(played));
    return;
  }
  const ears =
    medium === 'can'
      ? openBusEars({ ...options, devices: [device] })
      : openEars({ ...options, devices: [device], uptimeMs: () => now().uptimeMs });
  try {
    for await (const packet of media.replayedPackets(file).packets(signal)) {
      // The recording is of this one device, whatever its address was.
      ears.hear({ ...packet, address: device.address ?? '' });
    }
    ears.finish?.();
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    options.trouble(device, { code: 'link', message: error.message });
  } finally {
    ears.close();
  }
}
