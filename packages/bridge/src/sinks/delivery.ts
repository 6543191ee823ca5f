// One configured sink at work: readings and windows are carried apart, so that neither waits for the other.

import type { Store } from '../store.ts';
import type { SinkView } from '../web/api.ts';
import { startAges } from './ages.ts';
import { type Drain, type DrainParts, startDrain } from './drain.ts';
import type { Feed } from './feeds.ts';
import { openLedger } from './ledger.ts';
import { type Remake, remake } from './remake.ts';
import type { Point, Sink } from './sink.ts';

interface DeliveryParts extends Pick<DrainParts, 'clock' | 'clockSynced' | 'random' | 'sleep' | 'report'> {
  readonly name: string;
  readonly type: string;
  readonly sink: Sink;
  readonly store: Pick<Store, 'database' | 'transaction'>;
  readonly readings: Feed;
  /** How long readings are held for the sink. */
  readonly readingsHeldMs: number;
  readonly windows: Feed;
  /** How old the newest reading of each device is at this moment, for stores that keep more than readings. */
  readonly ages?: () => readonly Point[];
}

export interface Delivery {
  /** There may be something new. */
  wake(): void;
  view(): SinkView;
  /** Brings a change of the past into the store. What is done, or why it is not, in words. */
  remake(change: Remake): Promise<string>;
  /** Resolves when nothing is under way any more; what was not confirmed is delivered after the next start. */
  stop(): Promise<void>;
}

const refusalsShown = 20;
/** Whoever looks at the store sees a reading at once; windows change all the time, and can wait. */
const readingsLingerMs = 50;
const nothing: Feed = { gapless: false, read: () => [], head: () => 0, waiting: () => 0 };

export function startDelivery(parts: DeliveryParts): Delivery {
  const { name, type, sink, store } = parts;
  const ledgers = [openLedger(store, name, 'readings'), openLedger(store, name, 'windows')] as const;
  const readings = startDrain({
    ...parts,
    name: `Sink ${name}, readings`,
    feed: parts.readings,
    ledger: ledgers[0],
    heldMs: parts.readingsHeldMs,
    lingerMs: sink.lingerMs ?? readingsLingerMs,
  });
  const windows = startDrain({
    ...parts,
    name: `Sink ${name}, tiers`,
    feed: sink.takesReadingsOnly ? nothing : parts.windows,
    ledger: ledgers[1],
  });
  const ages =
    parts.ages === undefined || sink.takesReadingsOnly ? undefined : startAges({ sink, points: parts.ages });
  return {
    wake: () => {
      readings.wake();
      windows.wake();
    },
    view: () => ({
      name,
      type,
      ...stateOf([readings, windows]),
      readings: readings.view(),
      windows: windows.view(),
      ...(ages === undefined ? {} : { ages: ages.counts() }),
      refused: ledgers
        .flatMap((ledger) => ledger.refusals(refusalsShown))
        .map(({ timeMs, point, reason }) => ({ time: timeMs, point, reason }))
        .slice(0, refusalsShown),
    }),
    remake: async (change) => {
      await Promise.all([readings.turn(), windows.turn()]);
      return `sink ${name}: ${await remake(sink, change)}`;
    },
    stop: async () => {
      ages?.stop();
      // Closing ends the request under way, which would else be waited for.
      await Promise.all([readings.stop(), windows.stop(), sink.close()]);
    },
  };
}

function stateOf(drains: readonly Drain[]): Pick<SinkView, 'state' | 'problem' | 'problem_since'> {
  const problem = drains.map((drain) => drain.problem()).find((each) => each !== undefined);
  if (problem) return { state: 'waiting', problem: problem.text, problem_since: problem.sinceMs };
  return { state: drains.every((drain) => drain.isIdle()) ? 'idle' : 'delivering' };
}
