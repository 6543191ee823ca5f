// What tiers work with as long as they live: the tiers of the configuration and those that leave it, and the tables.

import type { Log } from '../log/log.ts';
import type { Store } from '../store.ts';
import { createFill } from './fill.ts';
import { createFlusher, type Holds, type TierWindows } from './flush.ts';
import { applyConfiguration, type KeptTiers, openKeptTiers } from './kept.ts';
import type { LocalDays } from './local-days.ts';
import { createLosses, type Losses } from './losses.ts';
import { openReaches, type Reaches } from './reach.ts';
import { readSeries } from './series-table.ts';
import { type Tier, tierName } from './tier.ts';
import { createWindowTable, type WindowTable } from './window-table.ts';
import { cellLengthMs, windowsOfTiers } from './windows.ts';

/** Windows of a tier that leaves, in one transaction. */
const droppedMax = 1_000;

export interface TiersOptions {
  readonly store: Pick<Store, 'database' | 'transaction'>;
  readonly log: Pick<Log, 'read' | 'head' | 'onStored' | 'raw'>;
  readonly tiers: readonly Tier[];
  readonly days: LocalDays;
  /** How long raw readings are kept: as far back, late readings of counters are placed exactly. */
  readonly rawMs: number;
  readonly now: () => number;
  /** How often windows that go on are shown to sinks as they stand; absent: only when they are closed. */
  readonly openEveryMs?: number;
  /** Whether this machine's clock is right: only then it judges ages. */
  readonly clockSynced: () => boolean;
  /** For words to the operator. */
  readonly report: (text: string) => void;
}

/** What does not change while the tiers live. */
export interface Engine {
  readonly options: TiersOptions;
  readonly tiers: readonly TierWindows[];
  readonly cellMs: number;
  readonly windows: WindowTable;
  readonly losses: Losses;
  readonly reaches: Reaches;
  readonly kept: KeptTiers;
  readonly flushSeries: ReturnType<typeof createFlusher>;
  readonly fill: ReturnType<typeof createFill>;
  readonly saveState: (cursor: number, revision: number) => void;
}

export function createEngine(options: TiersOptions): Engine {
  const { store, log, days, now, clockSynced, report } = options;
  const { database } = store;
  const reaches = openReaches(database);
  store.transaction(() => {
    const series = [...readSeries(database)];
    const change = { database, timeZone: days.timeZone, series, reaches, report };
    const moment = { nowMs: now(), isSynced: clockSynced() };
    applyConfiguration({ ...change, ...moment, tiers: windowsOfTiers(options.tiers, days) });
  });
  const kept = openKeptTiers(database, reaches);
  const tiers = windowsOfTiers([...options.tiers, ...kept.leaving], days);
  const cellMs = cellLengthMs(tiers.map(({ every }) => every));
  const windows = createWindowTable(database);
  const isWhole = ({ every }: TierWindows): boolean => !kept.isDropped(every);
  const holds: Holds = (tier, series, startMs) =>
    isWhole(tier) && startMs >= (reaches.get(tier.every, series)?.fromMs ?? Number.NEGATIVE_INFINITY);
  const update = database.prepare('UPDATE tier_state SET cursor = ?, revision = ? WHERE id = 1');
  return {
    options,
    tiers,
    cellMs,
    windows,
    losses: createLosses(report),
    reaches,
    kept,
    flushSeries: createFlusher({ database, tiers, cellMs, windows, holds }),
    fill: createFill({ database, tiers, windows, cellMs, reaches, raw: log.raw, isWhole }),
    saveState: (cursor, revision) => void update.run(cursor, revision),
  };
}

/** Windows that are past their time now are not made again, also when they are kept longer one day. */
export function noteExpired({ options, tiers, kept }: Engine): void {
  if (options.clockSynced()) kept.advance(tiers, options.now());
}

/** Removes windows of a tier that is no longer configured; returns how many. */
export function dropSlice({ options, windows, kept }: Engine): number {
  const every = kept.toDrop(options.now());
  if (every === undefined) return 0;
  kept.beginDrop(every);
  const count = windows.drop(every, droppedMax);
  if (count === 0) {
    kept.forget(every);
    options.report(`The tier ${tierName(every)}, which is not configured any more, has gone.`);
  }
  return count;
}
