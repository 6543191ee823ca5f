// What is in memory of the log: live readings as they are stored, and what was passed over, read again.

import type { Log } from '../log/log.ts';
import type { StoredReading } from '../message.ts';
import type { SeriesState, SeriesStates } from './series-state.ts';

export interface Gathering {
  /** Takes live readings. When some were skipped, or memory is full, all further ones are read from the log. */
  take(readings: readonly StoredReading[]): void;
  /** Reads on where live readings were not taken, or not heard of. */
  catchUp(): void;
  /** Hands over the series that changed, and the position up to which they hold every reading. */
  handOver(): { readonly queue: readonly SeriesState[]; readonly upTo: number };
  /** Memory has room again. */
  relieve(): void;
  isBehind(): boolean;
  /** How much waits: nothing, something, so much that it should be flushed at once. */
  waiting(): 'nothing' | 'some' | 'much';
}

/** What a cell weighs, in readings that go into it. */
const cellWeight = 10;
/** Weight of what is in memory, some ten megabytes each 100,000; further readings wait in the log. */
const pendingMax = 120_000;
/** As much is flushed without waiting for more. */
const pendingMuch = 30_000;
const readLimit = 1_000;

export function startGathering({
  log,
  states,
  from,
  onMissed,
}: {
  readonly log: Pick<Log, 'read' | 'head'>;
  readonly states: SeriesStates;
  /** Position up to which everything is in rows. */
  readonly from: number;
  /** Readings that expired from the log before they were read. */
  readonly onMissed: (count: number) => void;
}): Gathering {
  let seen = from;
  let isBehind = true;
  let isFull = false;
  let readings = 0;
  let cellsBefore = states.cellsMade();
  let changed = new Set<SeriesState>();

  const pending = (): number => readings + cellWeight * (states.cellsMade() - cellsBefore);

  const add = (reading: StoredReading): boolean => {
    const full = pending() >= pendingMax ? 'full' : undefined;
    // What waits for its time comes again at another position.
    const series = reading.waits ? undefined : (full ?? states.add(reading));
    if (series === 'full') {
      isFull = true;
      return false;
    }
    seen = reading.position;
    if (series !== undefined) {
      readings++;
      changed.add(series);
    }
    return true;
  };

  return {
    take: (live) => {
      if (isBehind) return;
      for (const reading of live) {
        if (reading.position === seen + 1 && add(reading)) continue;
        isBehind = true;
        return;
      }
    },
    catchUp: () => {
      if (log.head() > seen) isBehind = true;
      if (!isBehind || isFull) return;
      const further = log.read(seen, readLimit);
      const [oldest] = further;
      if (oldest === undefined) {
        const gone = log.head() - seen;
        if (gone > 0) onMissed(gone);
        seen = Math.max(seen, log.head());
        isBehind = false;
        return;
      }
      if (oldest.position > seen + 1) onMissed(oldest.position - seen - 1);
      for (const reading of further) if (!add(reading)) return;
    },
    handOver: () => {
      const queue = [...changed];
      changed = new Set();
      readings = 0;
      cellsBefore = states.cellsMade();
      return { queue, upTo: seen };
    },
    relieve: () => {
      isFull = false;
    },
    isBehind: () => isBehind,
    waiting: () => {
      if (changed.size === 0) return 'nothing';
      return isFull || pending() >= pendingMuch ? 'much' : 'some';
    },
  };
}
