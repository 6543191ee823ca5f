// A cable to a device of a soak: bytes both ways in this process, with what can happen to a cable.

import { EventEmitter } from 'node:events';
import type { Peripheral, PeripheralEvents } from '../../simulator/src/radio/peripheral.ts';
import { type Connect, TransportError } from '../src/transport.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';

/** What can befall a device, however it is reached. */
export type Reach = Pick<Peripheral, 'vanish' | 'reappear' | 'hangUp' | 'failConnect' | 'events'>;

export interface Wire extends Reach {
  readonly connect: Connect;
}

export interface WireOptions {
  readonly receive: (bytes: Uint8Array) => readonly Uint8Array[];
  /** Asked at each request: whether the line breaks, and how much later its answer comes. */
  readonly breaks: () => boolean;
  readonly lateMs: () => number;
}

export function createWire({ receive, breaks, lateMs }: WireOptions): Wire {
  const events = new EventEmitter<PeripheralEvents>();
  let open: ReturnType<typeof createChunkBuffer> | undefined;
  let isThere = true;
  const part = (): void => {
    if (open === undefined) return;
    open.fail(new TransportError('lost', 'the cable is pulled'));
    open = undefined;
    events.emit('disconnect', 0);
  };
  return {
    events,
    failConnect: 0,
    hangUp: part,
    vanish() {
      isThere = false;
      part();
    },
    reappear() {
      isThere = true;
    },
    async connect() {
      if (!isThere || this.failConnect-- > 0) throw new TransportError('absent', 'there is no such port');
      const buffer = createChunkBuffer();
      open = buffer;
      return {
        read: buffer.read,
        async write(bytes) {
          buffer.forget();
          if (breaks()) part();
          if (open !== buffer) return;
          const answer = Buffer.concat(receive(bytes));
          const forMs = lateMs();
          if (answer.length > 0 && forMs > 0) setTimeout(() => open === buffer && buffer.push(answer), forMs);
          else if (answer.length > 0) buffer.push(answer);
        },
        async close() {
          buffer.fail(new TransportError('lost', 'closed'));
          if (open === buffer) open = undefined;
        },
      };
    },
  };
}
