// What one bus says: every device on it listens to all frames, and gives the newest of each interval, once for each unit.

import { type BusListener, familiesOn, formatId } from '@wattline/protocols';
import type { HeardPacket, Moment } from '../transport.ts';
import type { Heard, Observer, ReadDevice, Trouble } from './device.ts';
import type { Ears } from './hear.ts';
import { createPacer, type Pacer, type StartTimer } from './pacer.ts';

export interface BusEarsOptions extends Observer {
  readonly devices: readonly ReadDevice[];
  readonly now: () => Moment;
  readonly startTimer: StartTimer;
  /** What listens for a device. */
  readonly listening?: (listener: Pick<BusListener, 'unknown'>) => void;
}

/** How long a device on a bus may give no reading before that is said. Frames repeat within a second or two. */
const silentAfterMs = 6000;
const idsMax = 256;
const idsShownMax = 12;

interface Ear {
  readonly device: ReadDevice;
  readonly listener: BusListener;
  readonly pacer: Pacer<readonly Heard[]>;
  /** Unit → when it was heard that its last reading is of. */
  readonly givenMs: Map<string | undefined, number>;
  stopWatching: () => void;
}

export function openBusEars(options: BusEarsOptions): Ears {
  const { devices, now, startTimer } = options;
  let last: Moment | undefined;
  /** The newest data of each identifier since the last look, for telling what is on the bus. */
  const frames = new Map<number, Uint8Array>();
  const watchSilence = (device: ReadDevice): (() => void) =>
    startTimer(silentAfterMs, () => {
      options.trouble(device, explainSilence(device, frames));
      frames.clear();
    });
  const ears = devices.map((device): Ear => {
    const listener = device.definition.listenToBus?.();
    if (listener === undefined) throw new Error(`${device.definition.id} is on no bus`);
    options.listening?.(listener);
    const givenMs: Ear['givenMs'] = new Map();
    const emit = (all: readonly Heard[]): void => {
      for (const heard of all) {
        givenMs.set(heard.decoded.part, heard.moment.uptimeMs);
        options.reading(device, heard);
      }
    };
    const pacer = createPacer({
      intervalMs: device.intervalMs,
      nowMs: () => now().uptimeMs,
      startTimer,
      emit,
    });
    return { device, listener, pacer, givenMs, stopWatching: watchSilence(device) };
  });
  return {
    hear(packet) {
      last = packet.moment;
      if (frames.has(packet.source) || frames.size < idsMax) frames.set(packet.source, packet.payload);
      for (const ear of ears) {
        take(ear, packet, options);
        if (!ear.listener.isWhole() || !offer(ear, packet.moment)) continue;
        ear.stopWatching();
        ear.stopWatching = watchSilence(ear.device);
      }
    },
    finish() {
      for (const ear of ears) if (last !== undefined && !ear.listener.isWhole()) offer(ear, last);
    },
    close() {
      for (const ear of ears) {
        ear.pacer.stop();
        ear.stopWatching();
      }
    },
  };
}

function take(
  { listener, device }: Ear,
  { source, payload, moment }: HeardPacket,
  { trouble }: Observer,
): void {
  for (const { corrupt } of listener.push({ id: source, data: payload }, moment.uptimeMs))
    trouble(device, { code: 'corrupt', message: corrupt });
}

/** Whether anything is known now. What was not heard again since its last reading is no further reading. */
function offer({ listener, pacer, givenMs }: Ear, { wallMs, uptimeMs }: Moment): boolean {
  const current = listener.current(uptimeMs);
  const news = current.flatMap(({ timeMs, ...decoded }): Heard[] => {
    const lastMs = givenMs.get(decoded.part) ?? Number.NEGATIVE_INFINITY;
    const moment: Moment = { uptimeMs: timeMs, wallMs: wallMs - (uptimeMs - timeMs) };
    return timeMs > lastMs ? [{ decoded, moment }] : [];
  });
  if (news.length > 0) pacer.offer(news);
  return current.length > 0;
}

function explainSilence(device: ReadDevice, frames: ReadonlyMap<number, Uint8Array>): Trouble {
  const { definition } = device;
  if (frames.size === 0) return { code: 'silent', message: explainEmptyBus(device) };
  const shown = [...frames.keys()].slice(0, idsShownMax).map(formatId).join(' ');
  const found = familiesOn(frames).map(({ id }) => id);
  if (found.includes(definition.id) || (found.length > 0 && definition.recogniseFrames === undefined))
    return { code: 'silent', message: `frames of ${definition.id} come, but none with values: ${shown}` };
  if (definition.recogniseFrames === undefined)
    return { code: 'silent', message: `frames come, but they tell no family of batteries: ${shown}` };
  const advice = found.length === 0 ? '' : `; they look like "definition: ${found[0]}"`;
  return { code: 'silent', message: `frames come, but none of ${definition.id}: ${shown}${advice}` };
}

/** A wrong bit rate is not told from a dead line by an adapter that only listens: both are silent. */
function explainEmptyBus({ definition, port = '', bus }: ReadDevice): string {
  const way = definition.media.find(({ medium }) => medium === 'can');
  const bitRate = bus?.bitRate ?? (way?.medium === 'can' ? way.bitRate : 0);
  const other = bitRate === 500_000 ? 250_000 : 500_000;
  const causes = `no frame came from ${port} for ${silentAfterMs / 1000} s: is the battery on, are CAN-H and CAN-L on the right pins`;
  if (!port.startsWith('/'))
    return `${causes}, and is the interface at the bit rate of the bus? "ip -details link show ${port}" tells its own, "sudo ip link set ${port} down && sudo ip link set ${port} up type can bitrate ${other} listen-only on" tries another; a battery without an inverter may need it without listen-only`;
  const voice = bus?.isListenOnly === false ? '"keep_alive: yes"' : '"listen_only: no"';
  return `${causes}, and is the bus at ${bitRate / 1000} kbit/s? "bit_rate: ${other / 1000}k" tries another. A battery without an inverter may need ${voice}`;
}
