// Windows past their tier's time to keep, and points of counters older than raw readings: removed in bounded slices.

import type { DatabaseSync } from 'node:sqlite';
import { createCounters } from './counters.ts';
import type { TierWindows } from './flush.ts';
import type { SeriesState } from './series-state.ts';
import type { WindowTable } from './window-table.ts';

/** Of one call. */
const windowsMax = 1_000;
const seriesMax = 200;

/** Goes on where the last call ended; returns how many windows went. */
export function createExpiry({
  database,
  tiers,
  windows,
  rawMs,
}: {
  readonly database: DatabaseSync;
  readonly tiers: readonly TierWindows[];
  readonly windows: WindowTable;
  readonly rawMs: number;
}): (all: readonly SeriesState[], nowMs: number) => number {
  const counters = createCounters(database);
  let last = 0;

  const expire = (series: SeriesState, nowMs: number): number => {
    for (const field of series.fields.values()) {
      if (field.kind === 'counter') counters.trim(series.id, field, nowMs - rawMs);
    }
    let removed = 0;
    for (const {
      every,
      keepMs,
      windows: { start },
    } of tiers) {
      if (keepMs === null) continue;
      removed += windows.expire(every, series.id, start(nowMs - keepMs), windowsMax);
    }
    return removed;
  };

  return (all, nowMs) => {
    const ahead = all.filter(({ id }) => id > last);
    let removed = 0;
    for (const series of ahead.slice(0, seriesMax)) {
      removed += expire(series, nowMs);
      if (removed >= windowsMax) return removed;
      last = series.id;
    }
    if (ahead.length <= seriesMax) last = 0;
    return removed;
  };
}
