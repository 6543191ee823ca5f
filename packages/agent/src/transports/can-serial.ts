// A CAN bus behind an adapter on a serial line. Nothing is written but what sets the adapter itself.

import {
  type CanFrame,
  slcanClosing,
  slcanOpening,
  type Take,
  takeSlcan,
  takeUsbCanA,
  usbCanASettings,
} from '@wattline/protocols';
import type { Moment } from '../reading/device.ts';
import { type Connect, type Link, type Receiver, TransportError } from '../transport.ts';
import { createCanFramer } from './can-framer.ts';
import { createPacketBuffer, type PacketBuffer } from './packet-buffer.ts';

/** What an adapter says on its line, and what it is told. */
export interface AdapterProtocol {
  readonly take: Take<CanFrame>;
  readonly opening: readonly Uint8Array[];
  readonly closing?: Uint8Array;
}

/** A bit rate and whether the adapter stays silent: neither acknowledges frames nor reports errors on the bus. */
export interface BusSettings {
  readonly bitRate: number;
  readonly isListenOnly: boolean;
}

export const adapterProtocols = {
  'usb-can-a': ({ bitRate, isListenOnly }: BusSettings): AdapterProtocol => ({
    take: takeUsbCanA,
    opening: [usbCanASettings(bitRate, isListenOnly)],
  }),
  slcan: ({ bitRate, isListenOnly }: BusSettings): AdapterProtocol => ({
    take: takeSlcan,
    opening: slcanOpening(bitRate, isListenOnly),
    closing: slcanClosing,
  }),
} as const;

interface CanSerialOptions {
  readonly connect: Connect;
  readonly protocol: AdapterProtocol;
  readonly now: () => Moment;
  /** How long the adapter takes to change its settings; what it says meanwhile is of the old ones. */
  readonly settleMs?: number;
}

const settleMsDefault = 100;

export function canSerialReceiver(options: CanSerialOptions): Receiver {
  const counts = { packets: 0, dropped: 0, noiseBytes: 0, damaged: 0, doubtful: 0 };
  const { connect, protocol, now, settleMs = settleMsDefault } = options;
  return {
    counters: () => counts,
    async *packets(signal) {
      const buffer = createPacketBuffer(() => counts.dropped++);
      const left = new AbortController();
      const either = AbortSignal.any([signal, left.signal]);
      let link: Link | undefined;
      let pumping: Promise<void> | undefined;
      try {
        link = await connect(signal);
        await open(link, protocol, settleMs, either);
        const framer = createCanFramer(protocol.take, counts);
        pumping = pump(link, either, buffer, (chunk) => {
          for (const { id, data } of framer.push(chunk)) {
            counts.packets++;
            buffer.push({ source: id, payload: data, address: '', rssi: 0, moment: now() });
          }
        });
        yield* buffer.drain(signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        left.abort();
        await pumping;
        if (link !== undefined) await close(link, protocol);
      }
    },
  };
}

async function open(
  link: Link,
  { opening }: AdapterProtocol,
  settleMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (const command of opening) await link.write(command);
  const settled = AbortSignal.timeout(settleMs);
  const either = AbortSignal.any([signal, settled]);
  try {
    if (settleMs > 0) for (;;) await link.read(either);
  } catch (error) {
    if (!settled.aborted || signal.aborted) throw error;
  }
}

async function pump(
  link: Link,
  signal: AbortSignal,
  buffer: PacketBuffer,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  try {
    for (;;) take(await link.read(signal));
  } catch (error) {
    if (!signal.aborted) buffer.fail(error as Error);
  }
}

/** The adapter stops; one that is gone needs not be told. */
async function close(link: Link, { closing }: AdapterProtocol): Promise<void> {
  try {
    if (closing !== undefined) await link.write(closing);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
  await link.close();
}
