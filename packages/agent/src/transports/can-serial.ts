// A CAN bus behind an adapter on a serial line. Nothing is written but what sets the adapter itself, and on demand what
// keeps a battery awake that has no inverter.

import {
  type CanFrame,
  canKeepAlive,
  canKeepAliveEveryMs,
  formatSlcan,
  formatUsbCanA,
  inverterIds,
  slcanClosing,
  slcanOpening,
  type Take,
  takeSlcan,
  takeUsbCanA,
  usbCanASettings,
} from '@wattline/protocols';
import { within } from '../reading/exchange.ts';
import { startTimer } from '../reading/pacer.ts';
import {
  type BusWay,
  type Connect,
  type Link,
  type Moment,
  type Receiver,
  TransportError,
} from '../transport.ts';
import { createCanFramer } from './can-framer.ts';
import { createPacketBuffer, type PacketBuffer } from './packet-buffer.ts';

/** What an adapter says on its line, and what it is told. */
export interface AdapterProtocol {
  readonly take: Take<CanFrame>;
  readonly opening: readonly Uint8Array[];
  readonly closing?: Uint8Array;
  /** What keeps a battery awake, where it is to be said. */
  readonly keepAlive?: Uint8Array;
}

export type BusSettings = Pick<BusWay, 'bitRate' | 'isListenOnly' | 'keepsAlive'>;

const keepAliveOf = (
  { isListenOnly, keepsAlive }: BusSettings,
  format: (frame: CanFrame) => Uint8Array,
): Pick<AdapterProtocol, 'keepAlive'> =>
  keepsAlive && !isListenOnly ? { keepAlive: format(canKeepAlive) } : {};

export const adapterProtocols = {
  'usb-can-a': (settings: BusSettings): AdapterProtocol => ({
    take: takeUsbCanA,
    opening: [usbCanASettings(settings.bitRate, settings.isListenOnly)],
    ...keepAliveOf(settings, formatUsbCanA),
  }),
  slcan: (settings: BusSettings): AdapterProtocol => ({
    take: takeSlcan,
    opening: slcanOpening(settings.bitRate, settings.isListenOnly),
    ...keepAliveOf(settings, formatSlcan),
    closing: slcanClosing,
  }),
} as const;

interface CanSerialOptions {
  readonly connect: Connect;
  readonly protocol: AdapterProtocol;
  readonly now: () => Moment;
  /** How long the adapter takes to change its settings; what it says meanwhile is of the old ones. */
  readonly settleMs?: number;
  readonly keepAliveEveryMs?: number;
}

const settleMsDefault = 100;
/** A port whose driver hangs takes nothing, and never says so. */
const commandMsMax = 2000;

export function canSerialReceiver(options: CanSerialOptions): Receiver {
  const counts = { packets: 0, dropped: 0, noiseBytes: 0, damaged: 0, doubtful: 0 };
  const { connect, protocol, now, settleMs = settleMsDefault } = options;
  const { keepAliveEveryMs = canKeepAliveEveryMs } = options;
  return {
    counters: () => counts,
    async *packets(signal) {
      const buffer = createPacketBuffer(() => counts.dropped++);
      const left = new AbortController();
      const either = AbortSignal.any([signal, left.signal]);
      let link: Link | undefined;
      let pumping: Promise<void> | undefined;
      let stopSaying = (): void => {};
      try {
        link = await connect(signal);
        await open(link, protocol, settleMs, either);
        const framer = createCanFramer(protocol.take, counts);
        stopSaying = keepSaying(link, protocol.keepAlive, keepAliveEveryMs);
        pumping = pump(link, either, buffer, (chunk) => {
          const moment = now();
          for (const { id, data } of framer.push(chunk, moment.uptimeMs)) {
            counts.packets++;
            // Two voices of an inverter on one bus would contradict each other.
            if (inverterIds.has(id)) stopSaying();
            buffer.push({ source: id, payload: data, address: '', rssi: 0, moment });
          }
        });
        yield* buffer.drain(signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        left.abort();
        stopSaying();
        await pumping;
        if (link !== undefined) await close(link, protocol);
      }
    },
  };
}

/** Returns what ends it. A link that breaks meanwhile is told by what reads it. */
function keepSaying(link: Link, frame: Uint8Array | undefined, everyMs: number): () => void {
  if (frame === undefined) return () => {};
  const say = (): void => void link.write(frame).catch(() => {});
  say();
  const timer = setInterval(say, everyMs);
  return () => clearInterval(timer);
}

async function open(
  link: Link,
  { opening }: AdapterProtocol,
  settleMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (const command of opening)
    if (!(await isTaken(link, command, signal)))
      throw new TransportError(
        'unusable',
        `the CAN adapter takes no command within ${commandMsMax / 1000} s: unplug it and plug it in again`,
      );
  if (settleMs > 0) await within(settleMs, { startTimer, signal }, (own) => readOn(link, own, () => {}));
}

const isTaken = async (link: Link, command: Uint8Array, signal: AbortSignal): Promise<boolean> =>
  (await within(commandMsMax, { startTimer, signal }, async () => {
    await link.write(command);
    return true;
  })) ?? false;

const never = new AbortController().signal;

async function pump(
  link: Link,
  signal: AbortSignal,
  buffer: PacketBuffer,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  try {
    await readOn(link, signal, take);
  } catch (error) {
    if (!signal.aborted) buffer.fail(error as Error);
  }
}

async function readOn(link: Link, signal: AbortSignal, take: (chunk: Uint8Array) => void): Promise<never> {
  for (;;) take(await link.read(signal));
}

/** The adapter stops; one that is gone or takes nothing needs not be told. */
async function close(link: Link, { closing }: AdapterProtocol): Promise<void> {
  try {
    if (closing !== undefined) await isTaken(link, closing, never);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
  await link.close();
}
