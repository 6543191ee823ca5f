// Packets between a medium that never waits and a consumer that may be slow.

import type { HeardPacket } from '../transport.ts';

export interface PacketBuffer {
  push(packet: HeardPacket): void;
  /** Ends the iteration with an error, after what waits. */
  fail(error: Error): void;
  /** Ends the iteration, after what waits. */
  end(): void;
  /** Until the signal aborts, which ends it at once. One consumer. */
  drain(signal: AbortSignal): AsyncGenerator<HeardPacket, void>;
  readonly dropped: number;
}

/** Some seconds of a busy site. */
export const packetsMax = 256;

export function createPacketBuffer(): PacketBuffer {
  const waiting: HeardPacket[] = [];
  let outcome: { readonly error?: Error } | undefined;
  let dropped = 0;
  let wake: (() => void) | undefined;

  const finish = (how: { readonly error?: Error }): void => {
    outcome ??= how;
    wake?.();
  };
  return {
    push(packet) {
      if (waiting.length >= packetsMax) {
        waiting.splice(Math.max(0, waiting.findIndex(isOlder(packet))), 1);
        dropped++;
      }
      waiting.push(packet);
      wake?.();
    },
    fail: (error) => finish({ error }),
    end: () => finish({}),
    async *drain(signal) {
      const abort = (): void => wake?.();
      signal.addEventListener('abort', abort);
      try {
        while (!signal.aborted) {
          const packet = waiting.shift();
          if (packet !== undefined) yield packet;
          else if (outcome?.error) throw outcome.error;
          else if (outcome) return;
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
    get dropped() {
      return dropped;
    },
  };
}

const isOlder =
  (newer: HeardPacket) =>
  ({ address, source }: HeardPacket): boolean =>
    address === newer.address && source === newer.source;
