// From the cells of a series to the windows of every tier. The caller holds the transaction.

import type { DatabaseSync } from 'node:sqlite';
import { merge } from './aggregate.ts';
import { createCounters, type Segments } from './counters.ts';
import { counterOf, type Growth } from './growth.ts';
import type { Row } from './row.ts';
import type { FieldState, SeriesState } from './series-state.ts';
import { createSeriesSaver } from './series-table.ts';
import type { Tier } from './tier.ts';
import type { WindowTable } from './window-table.ts';
import type { Windows } from './windows.ts';

export interface TierWindows extends Tier {
  readonly windows: Windows;
}

/** A moment, as far as tiers care. */
export interface Moment {
  /** Windows that go on are shown from time to time: a change takes their revision until then. */
  readonly reopens: boolean;
  /** Windows that end until then are closed. */
  readonly closedMs: number;
  /** What is older than a tier's time to keep counts from here; −∞: the clock is not right, nothing expires. */
  readonly keptFromMs: number;
}

/** Of a series in a tier: whether windows that begin at a time belong to what the tier has. */
export type Holds = (tier: TierWindows, series: number, startMs: number) => boolean;

export const isExpired = (
  { windows, keepMs }: TierWindows,
  startMs: number,
  { keptFromMs }: Moment,
): boolean => keepMs !== null && windows.end(startMs) <= keptFromMs - keepMs;

export function createFlusher({
  database,
  tiers,
  cellMs,
  windows: table,
  holds,
}: {
  readonly database: DatabaseSync;
  /** The finest first. */
  readonly tiers: readonly TierWindows[];
  readonly cellMs: number;
  readonly windows: WindowTable;
  readonly holds: Holds;
}): (series: SeriesState, moment: Moment, revise: () => number) => void {
  const counters = createCounters(database);
  const save = createSeriesSaver(database);

  return (series, moment, revise) => {
    const { cells, kinds } = series;
    for (const field of series.fields.values()) {
      if (field.pending.length === 0) continue;
      const growths = counters.place(series.id, field, segmentsOf(series, field, moment));
      for (const growth of growths) addGrowth(cells, cellMs, field, growth);
    }
    for (const tier of tiers) {
      const closedBefore = tier.windows.start(moment.closedMs);
      for (const [startMs, row] of gather(cells, tier.windows)) {
        if (isExpired(tier, startMs, moment) || !holds(tier, series.id, startMs)) continue;
        const key = { every: tier.every, series: series.id, startMs };
        const state = { isClosed: startMs < closedBefore, reopens: moment.reopens };
        table.merge(key, kinds, row, state, revise);
      }
    }
    series.cells = new Map();
    series.cursor = series.position;
    save(series);
  };

  function segmentsOf(
    { id: series, kinds }: SeriesState,
    { id }: FieldState,
    moment: Moment,
  ): readonly Segments[] {
    return tiers.map((tier) => {
      const by = (find: WindowTable['counterAt']) => (timeMs: number) =>
        find({ every: tier.every, series, startMs: tier.windows.start(timeMs) }, kinds, id);
      return {
        covers: (timeMs) => {
          const startMs = tier.windows.start(timeMs);
          return !isExpired(tier, startMs, moment) && holds(tier, series, startMs);
        },
        at: by(table.counterAt),
        before: by(table.counterBefore),
        after: by(table.counterAfter),
      };
    });
  }
}

export function addGrowth(cells: Map<number, Row>, cellMs: number, { id }: FieldState, growth: Growth): void {
  const start = Math.floor(growth.point.timeMs / cellMs) * cellMs;
  let row = cells.get(start);
  if (row === undefined) {
    row = [];
    cells.set(start, row);
  }
  const grown = counterOf(growth);
  const known = row[id];
  if (known === undefined) row[id] = grown;
  else merge(known, grown);
}

/** Cells by window; cells themselves stay as they are. */
export function gather(cells: ReadonlyMap<number, Row>, windows: Windows): Map<number, Row> {
  const gathered = new Map<number, Row>();
  const copied = new Set<number>();
  for (const [cell, row] of cells) {
    const start = windows.start(cell);
    const known = gathered.get(start);
    if (known === undefined) {
      gathered.set(start, row);
      continue;
    }
    let into = known;
    if (!copied.has(start)) {
      into = known.map((aggregate) => aggregate && { ...aggregate });
      gathered.set(start, into);
      copied.add(start);
    }
    row.forEach((aggregate, id) => {
      const earlier = into[id];
      if (aggregate === undefined) return;
      if (earlier === undefined) into[id] = { ...aggregate };
      else merge(earlier, aggregate);
    });
  }
  return gathered;
}
