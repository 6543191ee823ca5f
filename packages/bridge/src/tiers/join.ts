// The windows of one series become those of another, as if its readings had always been the other's. Sinks are given
// every window that changes, because it loses its revision. The caller holds the transaction, nothing waits to be
// flushed, and whoever holds series in memory reads them again afterwards.

import type { DatabaseSync } from 'node:sqlite';
import type { SeriesKey } from '../message.ts';
import { type Correction, correctionsOf, EntangledError, joinPoints, runsOf } from './counter-runs.ts';
import { replacePoints } from './counters.ts';
import type { TierWindows } from './flush.ts';
import { counterOf } from './growth.ts';
import { decodeRow, type Row } from './row.ts';
import type { SeriesState } from './series-state.ts';
import { createSeriesFinder } from './series-table.ts';
import { createWindowTable, type WindowTable } from './window-table.ts';

export interface JoinParts {
  readonly database: DatabaseSync;
  /** The finest first. */
  readonly tiers: readonly TierWindows[];
}

export interface Joined {
  readonly windows: number;
  /** Fields that are of another kind in the other series: what windows knew of them is gone. */
  readonly leftOut: readonly string[];
}

const pageWindows = 500;

/** @throws EntangledError in words: what is known of a counter is not enough; nothing must be kept of it then */
export function joinTierSeries({ database, tiers }: JoinParts, from: SeriesKey, into: SeriesKey): Joined {
  const find = createSeriesFinder(database);
  const source = find(from);
  const target = find(into);
  if (source === undefined) return { windows: 0, leftOut: [] };
  if (target === undefined) return { windows: rename(database, source, into), leftOut: [] };
  const fields = mapFields(database, source, target);
  const corrections = joinCounters({ database, tiers }, source, target);
  const table = createWindowTable(database);
  const windows = moveWindows(database, table, source, target, fields.ids);
  for (const [field, changes] of corrections) correct(table, tiers, target, field, changes);
  describe(database, source, target);
  joinReaches(database, source, target);
  removeTierSeries(database, from);
  return { windows, leftOut: fields.leftOut };
}

/** Both have windows only from the later time on; an older one would lack the readings of the other. */
function joinReaches(database: DatabaseSync, source: SeriesState, target: SeriesState): void {
  database
    .prepare(
      `INSERT OR REPLACE INTO tier_reach SELECT tier, ?, max(from_ms), max(filling) FROM tier_reach
       WHERE series IN (?, ?) GROUP BY tier`,
    )
    .run(target.id, source.id, target.id);
  const remove = database.prepare('DELETE FROM tier_window WHERE tier = ? AND series = ? AND start < ?');
  const reaches = database.prepare('SELECT tier, from_ms FROM tier_reach WHERE series = ?').all(target.id);
  for (const reach of reaches) {
    remove.run(Number(reach['tier']), target.id, Math.floor(Number(reach['from_ms']) / 1_000));
  }
}

/** Returns how many windows went. */
export function removeTierSeries(database: DatabaseSync, key: SeriesKey): number {
  const series = createSeriesFinder(database)(key);
  if (series === undefined) return 0;
  let windows = 0;
  const remove = database.prepare('DELETE FROM tier_window WHERE tier = ? AND series = ?');
  for (const tier of tiersOf(database)) windows += Number(remove.run(tier, series.id).changes);
  for (const table of ['tier_counter', 'tier_field', 'tier_reach'])
    database.prepare(`DELETE FROM ${table} WHERE series = ?`).run(series.id);
  database.prepare('DELETE FROM tier_series WHERE id = ?').run(series.id);
  return windows;
}

/** Windows of a series, in every tier. */
export function countTierWindows(database: DatabaseSync, key: SeriesKey): number {
  const series = createSeriesFinder(database)(key);
  if (series === undefined) return 0;
  const count = database.prepare('SELECT count(*) AS count FROM tier_window WHERE tier = ? AND series = ?');
  return tiersOf(database).reduce((sum, tier) => sum + Number(count.get(tier, series.id)?.['count']), 0);
}

/** Tiers of which there are windows, configured or not: each found by one step in the index. */
function tiersOf(database: DatabaseSync): number[] {
  const next = database.prepare('SELECT min(tier) AS tier FROM tier_window WHERE tier > ?');
  const found: number[] = [];
  for (let tier = -1; ; ) {
    const row = next.get(tier)?.['tier'];
    if (typeof row !== 'number') return found;
    found.push(row);
    tier = row;
  }
}

function rename(database: DatabaseSync, { id }: SeriesState, { topic, agent }: SeriesKey): number {
  database.prepare('UPDATE tier_series SET topic = ?, agent = ? WHERE id = ?').run(topic, agent, id);
  return show(database, id);
}

/** Gives the windows of a series to the sinks once more. The caller holds the transaction. */
export function showTierSeries(database: DatabaseSync, key: SeriesKey): number {
  const series = createSeriesFinder(database)(key);
  return series === undefined ? 0 : show(database, series.id);
}

function show(database: DatabaseSync, id: number): number {
  const unrevise = database.prepare('UPDATE tier_window SET revision = NULL WHERE tier = ? AND series = ?');
  return tiersOf(database).reduce((sum, tier) => sum + Number(unrevise.run(tier, id).changes), 0);
}

/** Ids of the fields of one in the rows of the other, which is given those it does not have. */
function mapFields(database: DatabaseSync, source: SeriesState, target: SeriesState) {
  const insert = database.prepare('INSERT INTO tier_field VALUES (?, ?, ?, ?, NULL, NULL, 0)');
  const ids: (number | undefined)[] = [];
  const leftOut: string[] = [];
  for (const { id, name, kind } of source.fields.values()) {
    let known = target.fields.get(name);
    if (known === undefined) {
      known = {
        id: target.kinds.length,
        name,
        kind,
        isStored: true,
        pending: [],
        newest: undefined,
        isTrimmed: false,
      };
      insert.run(target.id, known.id, name, kind);
      target.fields.set(name, known);
      target.kinds.push(kind);
    }
    if (known.kind === kind) ids[id] = known.id;
    else leftOut.push(name);
  }
  return { ids, leftOut };
}

/** Puts the points of both counters together, and says what windows gain by field of the target. */
function joinCounters(
  { database, tiers }: JoinParts,
  source: SeriesState,
  target: SeriesState,
): ReadonlyMap<number, readonly Correction[]> {
  const isWhole = tiers.some(({ keepMs }) => keepMs === null);
  const corrections = new Map<number, readonly Correction[]>();
  const save = database.prepare(
    'UPDATE tier_field SET newest_ms = ?, newest = ?, trimmed = ? WHERE series = ? AND id = ?',
  );
  for (const field of source.fields.values()) {
    const known = target.fields.get(field.name);
    if (field.kind !== 'counter' || known?.kind !== 'counter') continue;
    const a = runsOf(database, source, field.name, tiers);
    const b = runsOf(database, target, field.name, tiers);
    try {
      corrections.set(known.id, correctionsOf(a, b, isWhole));
    } catch (error) {
      throw error instanceof EntangledError
        ? new EntangledError(`${field.name} cannot be put together: ${error.message}`)
        : error;
    }
    const points = joinPoints(a, b);
    replacePoints(database, target.id, known.id, points);
    const newest = points.at(-1);
    const trimmed = a.isTrimmed || b.isTrimmed ? 1 : 0;
    save.run(newest?.timeMs ?? null, newest?.units ?? null, trimmed, target.id, known.id);
  }
  return corrections;
}

function moveWindows(
  database: DatabaseSync,
  table: WindowTable,
  source: SeriesState,
  target: SeriesState,
  ids: readonly (number | undefined)[],
): number {
  const select = database.prepare(
    `SELECT start, row FROM tier_window WHERE tier = ? AND series = ? AND start > ? ORDER BY start LIMIT ${pageWindows}`,
  );
  let windows = 0;
  for (const tier of tiersOf(database)) {
    for (let after = Number.NEGATIVE_INFINITY; ; ) {
      const page = select.all(tier, source.id, after);
      for (const { start, row } of page) {
        const startMs = Number(start) * 1_000;
        const moved: Row = [];
        decodeRow(row as Uint8Array, startMs, source.kinds).forEach((aggregate, id) => {
          const into = ids[id];
          if (into !== undefined) moved[into] = aggregate;
        });
        const key = { every: tier, series: target.id, startMs };
        table.merge(key, target.kinds, Array.from(moved), shown, never);
      }
      windows += page.length;
      const last = page.at(-1);
      if (last === undefined) break;
      after = Number(last['start']);
    }
  }
  return windows;
}

/** A changed window has no revision until the tiers give it one. */
const shown = { isClosed: false, reopens: true };
const never = (): number => {
  throw new Error('a window that is shown again asked for a revision');
};

function correct(
  table: WindowTable,
  tiers: readonly TierWindows[],
  target: SeriesState,
  field: number,
  corrections: readonly Correction[],
): void {
  for (const { every, windows } of tiers) {
    for (const { point, units } of corrections) {
      const added: Row = [];
      added[field] = counterOf({ point, units, isKnown: true });
      const key = { every, series: target.id, startMs: windows.start(point.timeMs) };
      table.merge(key, target.kinds, Array.from(added), shown, never);
    }
  }
}

/** What the newer of both says. */
function describe(database: DatabaseSync, source: SeriesState, target: SeriesState): void {
  const newer = source.newestMs > target.newestMs ? source : target;
  database
    .prepare(
      `UPDATE tier_series SET kind = ?, definition = ?, site = ?, interval_seconds = ?, first_ms = ?, newest_ms = ?,
       cursor = ? WHERE id = ?`,
    )
    .run(
      newer.kind,
      newer.definition ?? null,
      newer.site ?? null,
      newer.intervalSeconds ?? null,
      Math.min(source.firstMs, target.firstMs),
      newer.newestMs,
      Math.max(source.cursor, target.cursor),
      target.id,
    );
}
