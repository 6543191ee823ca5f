// Rows of windows: read, merged and written by key; the closed ones in the order in which they changed.

import type { DatabaseSync } from 'node:sqlite';
import type { FieldKind } from '@wattline/protocols';
import { type Aggregate, type Counter, merge } from './aggregate.ts';
import { decodeRow, encodeRow, type Row } from './row.ts';
import { type Every, everySeconds } from './tier.ts';

export interface WindowKey {
  readonly every: Every;
  readonly series: number;
  readonly startMs: number;
}

export interface WindowTable {
  /**
   * Merges into a window, which is made where it is missing. `revise` gives the next revision; it is asked when the
   * window is closed, or was so before. `reopens`: a window that goes on loses its revision until it is given one.
   */
  merge(
    key: WindowKey,
    kinds: readonly FieldKind[],
    added: Row,
    state: { readonly isClosed: boolean; readonly reopens: boolean },
    revise: () => number,
  ): void;
  /** Whether a window that began before a time has no revision. */
  hasOpen(every: Every, beforeMs: number): boolean;
  /** Gives revisions to windows that began before a time and have none; returns how many. */
  close(every: Every, beforeMs: number, limit: number, revise: () => number): number;
  /** Removes windows of a series that began before a time, the oldest first; returns how many. */
  expire(every: Every, series: number, beforeMs: number, limit: number): number;
  /** Windows of a series that begin in a span, the latest first. */
  ofSpan(every: Every, series: number, fromMs: number, toMs: number): readonly StoredBytes[];
  /** Removes windows of a series that begin in a span. */
  clear(every: Every, series: number, fromMs: number, toMs: number): void;
  /** Removes windows of all series; returns how many. */
  drop(every: Every, limit: number): number;
  counterAt(key: WindowKey, kinds: readonly FieldKind[], field: number): Counter | undefined;
  counterBefore(key: WindowKey, kinds: readonly FieldKind[], field: number): Counter | undefined;
  counterAfter(key: WindowKey, kinds: readonly FieldKind[], field: number): Counter | undefined;
}

/** A window as it is stored. */
interface StoredBytes {
  readonly startMs: number;
  readonly bytes: Uint8Array;
}

/** Windows that are searched for one that has a field. */
const searchedMax = 1_000;

const ofSeries = 'tier = ? AND series = ?';

export function createWindowTable(database: DatabaseSync): WindowTable {
  return {
    ...mergeInto(database),
    ...closing(database),
    ...expiring(database),
    ...spans(database),
    ...searching(database),
  };
}

function mergeInto(database: DatabaseSync): Pick<WindowTable, 'merge'> {
  const select = database.prepare(`SELECT revision, row FROM tier_window WHERE ${ofSeries} AND start = ?`);
  const insert = database.prepare('INSERT INTO tier_window VALUES (?, ?, ?, ?, ?)');
  const update = database.prepare(`UPDATE tier_window SET row = ? WHERE ${ofSeries} AND start = ?`);
  const revised = database.prepare(
    `UPDATE tier_window SET row = ?, revision = ? WHERE ${ofSeries} AND start = ?`,
  );
  return {
    merge: ({ every, series, startMs }, kinds, added, { isClosed, reopens }, revise) => {
      const tier = everySeconds(every);
      const start = startMs / 1_000;
      const stored = select.get(tier, series, start);
      if (stored === undefined) {
        const row = added.map((aggregate) => (isWhole(aggregate) ? aggregate : undefined));
        if (row.every((aggregate) => aggregate === undefined)) return;
        insert.run(tier, series, start, isClosed ? revise() : null, encodeRow(row, startMs));
        return;
      }
      const row = decodeRow(stored['row'] as Uint8Array, startMs, kinds);
      added.forEach((aggregate, id) => {
        const known = row[id];
        if (aggregate === undefined) return;
        if (known !== undefined) merge(known, aggregate);
        else if (isWhole(aggregate)) row[id] = aggregate;
      });
      const bytes = encodeRow(row, startMs);
      const keeps = isClosed || (stored['revision'] !== null && !reopens);
      if (keeps) revised.run(bytes, revise(), tier, series, start);
      else if (stored['revision'] !== null) revised.run(bytes, null, tier, series, start);
      else update.run(bytes, tier, series, start);
    },
  };
}

function closing(database: DatabaseSync): Pick<WindowTable, 'hasOpen' | 'close'> {
  const select = database.prepare(
    'SELECT series, start FROM tier_window WHERE revision IS NULL AND tier = ? AND start < ? ORDER BY start LIMIT ?',
  );
  const update = database.prepare(`UPDATE tier_window SET revision = ? WHERE ${ofSeries} AND start = ?`);
  return {
    hasOpen: (every, beforeMs) => select.get(everySeconds(every), beforeMs / 1_000, 1) !== undefined,
    close: (every, beforeMs, limit, revise) => {
      const tier = everySeconds(every);
      const open = select.all(tier, beforeMs / 1_000, limit);
      for (const { series, start } of open) update.run(revise(), tier, Number(series), Number(start));
      return open.length;
    },
  };
}

function expiring(database: DatabaseSync): Pick<WindowTable, 'expire'> {
  const select = database.prepare(
    `SELECT start FROM tier_window WHERE ${ofSeries} AND start < ? ORDER BY start LIMIT ?`,
  );
  const remove = database.prepare(`DELETE FROM tier_window WHERE ${ofSeries} AND start <= ?`);
  return {
    expire: (every, series, beforeMs, limit) => {
      const tier = everySeconds(every);
      const until = select.all(tier, series, beforeMs / 1_000, limit).at(-1)?.['start'];
      return until === undefined ? 0 : Number(remove.run(tier, series, until).changes);
    },
  };
}

function spans(database: DatabaseSync): Pick<WindowTable, 'ofSpan' | 'clear' | 'drop'> {
  const inSpan = `${ofSeries} AND start >= ? AND start < ?`;
  const select = database.prepare(`SELECT start, row FROM tier_window WHERE ${inSpan} ORDER BY start DESC`);
  const remove = database.prepare(`DELETE FROM tier_window WHERE ${inSpan}`);
  const removeSome = database.prepare(
    `DELETE FROM tier_window WHERE (tier, series, start) IN
     (SELECT tier, series, start FROM tier_window WHERE tier = ? LIMIT ?)`,
  );
  return {
    ofSpan: (every, series, fromMs, toMs) =>
      select.all(everySeconds(every), series, fromMs / 1_000, toMs / 1_000).map(({ start, row }) => ({
        startMs: Number(start) * 1_000,
        bytes: row as Uint8Array,
      })),
    clear: (every, series, fromMs, toMs) =>
      void remove.run(everySeconds(every), series, fromMs / 1_000, toMs / 1_000),
    drop: (every, limit) => Number(removeSome.run(everySeconds(every), limit).changes),
  };
}

function searching(
  database: DatabaseSync,
): Pick<WindowTable, 'counterAt' | 'counterBefore' | 'counterAfter'> {
  const find = (condition: string): WindowTable['counterAt'] => {
    const select = database.prepare(
      `SELECT start, row FROM tier_window WHERE ${ofSeries} AND start ${condition} LIMIT ${searchedMax}`,
    );
    return ({ every, series, startMs }, kinds, field) => {
      for (const { start, row } of select.iterate(everySeconds(every), series, startMs / 1_000)) {
        const aggregate = decodeRow(row as Uint8Array, Number(start) * 1_000, kinds, field)[field];
        if (aggregate?.kind === 'counter') return aggregate;
      }
      return undefined;
    };
  };
  return {
    counterAt: find('= ?'),
    counterBefore: find('< ? ORDER BY start DESC'),
    counterAfter: find('> ? ORDER BY start'),
  };
}

/** Growth without a reading belongs to a window that is stored; if that is gone, so is the growth. */
const isWhole = (aggregate: Aggregate | undefined): boolean =>
  aggregate !== undefined && !(aggregate.kind === 'counter' && aggregate.firstMs > aggregate.lastMs);
