// Since when each tier has the windows of each series: where it is not as long as the tier is kept, because the tier is
// new, is kept longer than it was, or has days of another time zone. A window before that time would lack readings, so
// none is begun there; it is filled from what finer tiers and the log still have (fill.ts), backwards in time.

import type { DatabaseSync } from 'node:sqlite';
import { type Every, everyOf, everySeconds } from './tier.ts';

export interface Reach {
  readonly fromMs: number;
  /** More may be found. */
  readonly isFilling: boolean;
}

export interface Reaches {
  /** `undefined`: as long as it is kept. */
  get(every: Every, series: number): Reach | undefined;
  set(every: Every, series: number, reach: Reach | undefined): void;
  /** Series of a tier that are to be filled. */
  filling(every: Every): Iterable<number>;
  /** The latest time from which a series of the tier is there. */
  latest(every: Every): number | undefined;
  clear(every: Every): void;
  reload(): void;
}

export function openReaches(database: DatabaseSync): Reaches {
  const put = database.prepare('INSERT OR REPLACE INTO tier_reach VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM tier_reach WHERE tier = ? AND series = ?');
  const removeAll = database.prepare('DELETE FROM tier_reach WHERE tier = ?');
  const tiers = new Map<Every, Map<number, Reach>>();
  const ofTier = (every: Every): Map<number, Reach> => {
    const known = tiers.get(every) ?? new Map<number, Reach>();
    tiers.set(every, known);
    return known;
  };
  const select = database.prepare('SELECT tier, series, from_ms, filling FROM tier_reach');
  const reload = (): void => {
    tiers.clear();
    for (const row of select.iterate()) {
      const reach = { fromMs: Number(row['from_ms']), isFilling: row['filling'] === 1 };
      ofTier(everyOf(Number(row['tier']))).set(Number(row['series']), reach);
    }
  };
  reload();

  return {
    get: (every, series) => tiers.get(every)?.get(series),
    set: (every, series, reach) => {
      if (reach === undefined) {
        remove.run(everySeconds(every), series);
        tiers.get(every)?.delete(series);
        return;
      }
      put.run(everySeconds(every), series, reach.fromMs, reach.isFilling ? 1 : 0);
      ofTier(every).set(series, reach);
    },
    *filling(every) {
      for (const [series, { isFilling }] of tiers.get(every) ?? []) if (isFilling) yield series;
    },
    latest: (every) => {
      const times = [...(tiers.get(every)?.values() ?? [])].map(({ fromMs }) => fromMs);
      return times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b));
    },
    clear: (every) => {
      removeAll.run(everySeconds(every));
      tiers.delete(every);
    },
    reload,
  };
}
