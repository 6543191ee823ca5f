// Packets between a medium that never waits and a consumer that may be slow.

import type { HeardPacket } from '../transport.ts';

export interface PacketBuffer {
  push(packet: HeardPacket): void;
  /** Ends the iteration with an error, after what waits. */
  fail(error: Error): void;
  /** Until the signal aborts, which ends it at once. One consumer. */
  drain(signal: AbortSignal): AsyncGenerator<HeardPacket, void>;
}

/** Some seconds of a busy site. */
export const packetsMax = 256;

/** `dropped` is called for each packet that a slow consumer loses. */
export function createPacketBuffer(dropped: () => void): PacketBuffer {
  const waiting: HeardPacket[] = [];
  let failure: Error | undefined;
  let wake: (() => void) | undefined;

  return {
    push(packet) {
      if (waiting.length >= packetsMax) {
        waiting.splice(Math.max(0, waiting.findIndex(isOlder(packet))), 1);
        dropped();
      }
      waiting.push(packet);
      wake?.();
    },
    fail(error) {
      failure ??= error;
      wake?.();
    },
    async *drain(signal) {
      const abort = (): void => wake?.();
      signal.addEventListener('abort', abort);
      try {
        while (!signal.aborted) {
          const packet = waiting.shift();
          if (packet !== undefined) yield packet;
          else if (failure) throw failure;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
            wake = undefined;
          }
        }
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
  };
}

const isOlder =
  (newer: HeardPacket) =>
  ({ address, source }: HeardPacket): boolean =>
    address === newer.address && source === newer.source;
