// Topics that the broker refuses. Their readings wait in the outbox; the others flow.

import { createRepeats, type Log } from '@wattline/program';
import type { ParkedTopic } from '../outbox/parked.ts';

export interface Parking {
  has(topic: string): boolean;
  park(topic: string, reason: string): void;
  /** The broker took one: says so, if it had refused the topic before. */
  accepted(topic: string): void;
  /** Forgets all, so that each is tried once more. */
  release(): void;
  list(): readonly ParkedTopic[];
}

interface ParkingOptions {
  readonly log: Log;
  readonly nowMs: () => number;
  readonly changed: (topics: readonly ParkedTopic[]) => void;
}

export function createParking({ log, nowMs, changed }: ParkingOptions): Parking {
  const parked = new Map<string, ParkedTopic>();
  const repeats = createRepeats(log);
  return {
    has: (topic) => parked.has(topic),
    park(topic, reason) {
      if (parked.has(topic)) return;
      parked.set(topic, { topic, reason, sinceMs: nowMs() });
      const text = `The broker refuses readings on ${topic}: ${reason}. They wait in the outbox and are tried again every hour; check the broker's access list.`;
      repeats.fault(topic, text, 'error');
      changed([...parked.values()]);
    },
    accepted: (topic) => repeats.ended(topic, `The broker takes readings on ${topic} again`),
    release() {
      if (parked.size === 0) return;
      parked.clear();
      changed([]);
    },
    list: () => [...parked.values()],
  };
}
