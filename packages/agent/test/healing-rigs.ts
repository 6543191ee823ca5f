// How long a way to a device takes to heal: everything in virtual time, on vitest's own timers.

import { vi } from 'vitest';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import type { Media } from '../src/reading/connect.ts';
import type { ReadDevice } from '../src/reading/device.ts';
import { startTimer } from '../src/reading/pacer.ts';
import { readDevices } from '../src/reading/read-devices.ts';
import { type Connect, type Moment, type Receiver, TransportError } from '../src/transport.ts';
import type { AdapterChoice } from '../src/transports/adapter-choice.ts';
import { createBluetoothRadio } from '../src/transports/bluetooth-radio.ts';
import type { Controller } from '../src/transports/controller.ts';
import type { RadioOrder } from '../src/transports/radio-messages.ts';
import type { RadioEnd, RadioProcessOptions } from '../src/transports/radio-process.ts';
import { serveLinks } from '../src/transports/served-links.ts';
import { controllerOn } from './bluetooth-rigs.ts';
import { settle } from './virtual-time.ts';

/** From any single fault on. */
export const healingMsMax = 60_000;

export const virtualNow = (): Moment => ({ wallMs: Date.now(), uptimeMs: performance.now() });

export const useVirtualTimers = (): void =>
  void vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });

const stepMs = 100;

let untimed = 0;

/** What it waits for are files only: virtual time stands still meanwhile. */
export const holdingTime =
  (connect: Connect): Connect =>
  async (signal) => {
    untimed++;
    try {
      return await connect(signal);
    } finally {
      untimed--;
    }
  };

/** What waits for promises goes on in between. */
async function step(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  do await settle();
  while (untimed > 0);
}

export async function passMs(ms: number): Promise<void> {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs) await step(Math.min(stepMs, ms));
}

/** How long it takes until it holds; at most `limitMs`. */
export async function timeUntil(holds: () => boolean, limitMs: number): Promise<number> {
  const startedMs = performance.now();
  while (!holds() && performance.now() - startedMs < limitMs) await step(stepMs);
  return performance.now() - startedMs;
}

export interface Reading {
  /** Whether each of them has been measured after that time. */
  isReadSince(sinceMs: number): boolean;
  /** When each reading of a device had been measured. */
  measuredMs(name: string): readonly number[];
  readonly troubles: readonly string[];
  stop(): Promise<void>;
}

const nobody = () => {
  throw new Error('nobody asked for this');
};
/** Of devices that need none of them. */
export const noMedia: Media = {
  ...{ radio: nobody, gatt: nobody, serial: nobody, hid: nobody, bus: nobody },
  ...{ replayedPackets: nobody, replayedLink: nobody },
};

/** Reads the devices by these media until it is stopped. */
export function startReading(devices: readonly ReadDevice[], media: Partial<Media>): Reading {
  const stop = new AbortController();
  const measured = new Map<string, number[]>(devices.map(({ name }) => [name, []]));
  const troubles: string[] = [];
  const running = readDevices({
    devices,
    media: { ...noMedia, ...media },
    ...{ now: virtualNow, startTimer, signal: stop.signal },
    reading: ({ name }, { moment }) => void measured.get(name)?.push(moment.uptimeMs),
    trouble: ({ name }, { message }) => void troubles.push(`${name}: ${message}`),
  });
  return {
    isReadSince: (sinceMs) => [...measured.values()].every((times) => (times.at(-1) ?? -1) > sinceMs),
    measuredMs: (name) => measured.get(name) ?? [],
    troubles,
    async stop() {
      stop.abort();
      await passMs(10_000);
      await running;
    },
  };
}

export const intervalMs = 10_000;
/** Of faults that last: the pauses of the attempts grow meanwhile. */
const lastingMs = [7000, 61_000, 200_000];

/** The longest time until all are read again: from the end of a fault that lasts, else from the fault itself. */
export async function worstHealing(
  { isReadSince }: Reading,
  begin: () => void,
  end: (() => void) | undefined,
): Promise<number> {
  let worstMs = 0;
  for (const forMs of end === undefined ? [0] : lastingMs) {
    await timeUntil(() => isReadSince(performance.now() - 2 * intervalMs), healingMsMax);
    await passMs(intervalMs / 4);
    begin();
    await passMs(forMs);
    end?.();
    const sinceMs = performance.now();
    worstMs = Math.max(worstMs, await timeUntil(() => isReadSince(sinceMs), 10 * healingMsMax));
  }
  return worstMs;
}

const createConnectionCommand = 0x200d;
const isCommand = (packet: Buffer): boolean => packet[0] === 1;

/** An adapter whose firmware has faults. What it does wrong lasts until it is opened anew, if that is said. */
export function faultyAdapter() {
  const air = createVirtualRadio({ connectMs: 1, random: () => 0.5 });
  let fault: 'none' | 'answers no command' | 'connects to nobody' | 'hears nobody' | 'answers nothing' =
    'none';
  let healsBy: 'itself' | 'opening' = 'itself';
  let isThere = true;
  let unplug = (): void => {};
  const open = async (): Promise<Controller> => {
    if (!isThere) throw new TransportError('absent', 'no Bluetooth adapter');
    if (healsBy === 'opening') fault = 'none';
    const { controller, unplug: lose } = controllerOn(air);
    unplug = lose;
    return {
      ...controller,
      start(packet, lost) {
        controller.start((bytes) => {
          const isReport = bytes[0] === 4 && bytes[1] === 0x3e && bytes[3] === 0x02;
          if (fault === 'answers nothing' || (fault === 'hears nobody' && isReport)) return;
          packet(bytes);
        }, lost);
      },
      write(packet) {
        if (fault === 'answers nothing') return;
        if (isCommand(packet)) {
          if (fault === 'answers no command') return;
          if (fault === 'connects to nobody' && packet.readUInt16LE(1) === createConnectionCommand) return;
        }
        controller.write(packet);
      },
    };
  };
  return {
    air,
    adapter: () => ({ candidates: [open] }),
    breakBy(next: typeof fault, until: typeof healsBy) {
      fault = next;
      healsBy = until;
    },
    mend() {
      fault = 'none';
    },
    pullOut() {
      isThere = false;
      unplug();
    },
    plugIn() {
      isThere = true;
    },
  };
}

/** The process that owns the radio, in this one: what its parent sees of it is the same. */
export const processOn =
  (adapter: () => AdapterChoice, started: (end: (reason: RadioEnd) => void) => void) =>
  async (options: RadioProcessOptions, signal: AbortSignal): Promise<RadioEnd> => {
    const { promise: ended, resolve: end } = Promise.withResolvers<RadioEnd>();
    const stop = new AbortController();
    const radio = createBluetoothRadio({ adapter, now: virtualNow });
    const links = serveLinks(radio.connect, options.link);
    signal.addEventListener('abort', () => end({ why: 'stopped' }));
    let hearing: Promise<void> | undefined;
    started(end);
    options.started({
      order(order: RadioOrder) {
        if (order.order === 'hear')
          hearing = hear(radio.receiver(order.companies), options, stop.signal, end);
        else if (order.order === 'connect' || order.order === 'write' || order.order === 'close')
          links.obey(order);
      },
      end,
    });
    const reason = await ended;
    stop.abort();
    await links.closeAll();
    await hearing;
    return reason;
  };

async function hear(
  receiver: Receiver,
  { heard, silenceMs }: RadioProcessOptions,
  signal: AbortSignal,
  end: (reason: RadioEnd) => void,
): Promise<void> {
  const silence = setTimeout(() => end({ why: 'silent' }), silenceMs);
  try {
    for await (const { moment, ...packet } of receiver.packets(signal)) {
      silence.refresh();
      const packets = [{ ...packet, ageMs: virtualNow().uptimeMs - moment.uptimeMs }];
      heard({ news: 'heard', packets, counters: receiver.counters(), isHearing: true, heapBytes: 0 });
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    end({ why: 'failed', code: error.code, message: error.message });
  } finally {
    clearTimeout(silence);
  }
}
