// What of the store is whose. Counting all windows of ten years would read the whole file, so a few places of each series
// are looked at, and the rest is reckoned from them: what is said is about right, and costs some thousand rows.

import type { DatabaseSync } from 'node:sqlite';
import { type Every, everySeconds, tierName } from '../tiers/tier.ts';

export interface Holding {
  /** `raw` or the name of a tier. */
  readonly tier: string;
  /** Readings of raw, windows of a tier. */
  readonly rows: number;
  readonly bytes: number;
  /** Absent: there is nothing. */
  readonly oldestMs?: number;
}

/** Of each tier, evenly chosen. */
const seriesMax = 64;
const placesOfSeries = 8;
const placesOfLog = 8;
const rowsOfPlace = 16;
/** Key, head and pointer of a row, its entries in the indexes, and what its page leaves empty: found with dbstat. */
const bytesBesideWindow = 48;
const bytesBesideGroup = 60;

export const holdingsOf = (database: DatabaseSync, everies: readonly Every[]): readonly Holding[] => [
  rawHolding(database),
  ...everies.map((every) => tierHolding(database, every)),
];

function rawHolding(database: DatabaseSync): Holding {
  const one = (sql: string) => database.prepare(sql).get();
  const oldest = one('SELECT last - count AS before FROM log_group ORDER BY last LIMIT 1');
  if (oldest === undefined) return { tier: 'raw', rows: 0, bytes: 0 };
  const before = Number(oldest['before']);
  const rows = Number(one('SELECT max(last) AS last FROM log_group')?.['last']) - before;
  const groups = database.prepare(
    'SELECT count, length(series) + length(bytes) AS bytes FROM log_group WHERE last >= ? ORDER BY last LIMIT ?',
  );
  const found = spread(before, rows, placesOfLog).flatMap((place) => groups.all(place, rowsOfPlace));
  const each = sumOf(found, ({ bytes }) => Number(bytes) + bytesBesideGroup) / sumOf(found, readingsOf);
  const oldestMs = Number(one('SELECT min(time_min) AS oldest FROM log_group')?.['oldest']);
  return { tier: 'raw', rows, bytes: Math.round(rows * each), oldestMs };
}

const readingsOf = ({ count }: { readonly [column: string]: unknown }): number => Number(count);

function tierHolding(database: DatabaseSync, every: Every): Holding {
  const tier = everySeconds(every);
  const ids = database
    .prepare('SELECT id FROM tier_series ORDER BY id')
    .all()
    .map(({ id }) => Number(id));
  const chosen = ids.filter((_, index) => index % Math.ceil(ids.length / seriesMax) === 0);
  const found = chosen.map((series) => windowsOf(database, tier, series));
  const share = ids.length / chosen.length;
  const firsts = found.flatMap(({ firstMs }) => firstMs ?? []);
  return {
    tier: tierName(every),
    rows: firsts.length === 0 ? 0 : Math.round(share * sumOf(found, ({ rows }) => rows)),
    bytes: firsts.length === 0 ? 0 : Math.round(share * sumOf(found, ({ bytes }) => bytes)),
    ...(firsts.length === 0 ? {} : { oldestMs: Math.min(...firsts) }),
  };
}

interface Windows {
  readonly rows: number;
  readonly bytes: number;
  readonly firstMs?: number;
}

function windowsOf(database: DatabaseSync, tier: number, series: number): Windows {
  const edge = (which: 'min' | 'max'): number | undefined => {
    const sql = `SELECT ${which}(start) AS start FROM tier_window WHERE tier = ? AND series = ?`;
    const start = database.prepare(sql).get(tier, series)?.['start'];
    return typeof start === 'number' ? start : undefined;
  };
  const first = edge('min');
  const last = edge('max');
  if (first === undefined || last === undefined) return { rows: 0, bytes: 0 };
  const page = database.prepare(
    `SELECT start, length(row) AS bytes FROM tier_window
     WHERE tier = ? AND series = ? AND start >= ? AND start < ? ORDER BY start LIMIT ?`,
  );
  const length = last - first + tier;
  const step = length / placesOfSeries;
  const parts = spread(first, length, placesOfSeries).map((place, index) => {
    const end = first + Math.floor((index + 1) * step);
    const found = page.all(tier, series, place, end, rowsOfPlace);
    const seen = found.length < rowsOfPlace ? end : Number(found.at(-1)?.['start']) + tier;
    const share = Math.max(1, (end - place) / (seen - place));
    const bytes = sumOf(found, (row) => Number(row['bytes']) + bytesBesideWindow);
    return { rows: share * found.length, bytes: share * bytes };
  });
  return {
    rows: sumOf(parts, ({ rows }) => rows),
    bytes: sumOf(parts, ({ bytes }) => bytes),
    firstMs: first * 1_000,
  };
}

/** Whole numbers in equal steps from `first` on. */
const spread = (first: number, length: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => first + Math.floor((index * length) / count));

const sumOf = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);
