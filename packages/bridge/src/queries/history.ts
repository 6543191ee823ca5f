// What is stored of a series: its fields, its windows, its raw readings. Reads only, from a connection of any thread;
// no statement stays open between two calls, so that a slow reader holds no snapshot.

import type { DatabaseSync } from 'node:sqlite';
import { readPositions, readRaw } from '../log/raw.ts';
import type { SeriesKey, StoredReading } from '../message.ts';
import type { TierWindows } from '../tiers/flush.ts';
import { decodeRow, type Row } from '../tiers/row.ts';
import {
  addReading,
  type FieldState,
  isTimeKept,
  newSeries,
  type SeriesState,
} from '../tiers/series-state.ts';
import { createSeriesFinder, fieldKindOf } from '../tiers/series-table.ts';
import { type Every, everySeconds } from '../tiers/tier.ts';
import { cellLengthMs } from '../tiers/windows.ts';
import { type FieldWindow, gatherField, mergeWindows } from './unmerged.ts';

/** `toMs` is not included. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface StoredWindow {
  readonly startMs: number;
  readonly row: Row;
}

export interface History {
  /** While it works, everything is read from one state of the store. */
  snapshot<Result>(work: () => Result): Result;
  /** A series with what no window has yet. */
  series(key: SeriesKey): SeriesState | undefined;
  /** Windows that begin in a span, counted up to a limit. */
  countWindows(series: SeriesState, every: Every, span: Span, limit: number): number;
  /** One field of the windows that begin in a span, with what waits to be merged into them. */
  field(series: SeriesState, field: FieldState, tier: TierWindows, span: Span): readonly FieldWindow[];
  /** Windows that begin in a span, page by page. */
  windows(series: SeriesState, every: Every, span: Span): Generator<StoredWindow>;
  /** Since when a tier has the windows of a series, where that is not as long as it is kept. */
  heldFromMs(series: SeriesState, every: Every): number | undefined;
  /** How many readings of a series were ever stored. */
  readings(key: SeriesKey): number;
  /** Raw readings in the order of time, as far as the log still has them. */
  raw(key: SeriesKey, span: Span): Generator<StoredReading>;
  /** Whether the log still has every reading since a time. */
  rawReaches(timeMs: number): boolean;
}

const pageWindows = 200;

/** Tiers count their series from 1. */
const unstored = 0;

/** `everies`: of all tiers. */
export function openHistory(database: DatabaseSync, everies: readonly Every[]): History {
  const ofSpan = 'FROM tier_window WHERE tier = ? AND series = ? AND start >= ? AND start < ?';
  const count = database.prepare(`SELECT count(*) FROM (SELECT 1 ${ofSpan} LIMIT ?)`);
  const select = database.prepare(`SELECT start, row ${ofSpan} ORDER BY start LIMIT ?`);
  for (const statement of [count, select]) statement.setReturnArrays(true);
  const selectKinds = database.prepare('SELECT kind FROM tier_field WHERE series = ? ORDER BY id');
  const selectLogSeries = database.prepare(
    'SELECT id, readings FROM log_series WHERE topic = ? AND agent = ?',
  );
  const selectReach = database.prepare('SELECT from_ms FROM tier_reach WHERE tier = ? AND series = ?');
  const selectOldest = database.prepare(
    'SELECT last - count AS before, received_ms FROM log_group ORDER BY last LIMIT 1',
  );

  const page = (id: number, every: Every, { fromMs, toMs }: Span, limit: number) =>
    select.all(everySeconds(every), id, secondsFrom(fromMs), secondsFrom(toMs), limit).map((found) => {
      // An array, because the statement returns arrays.
      const [start, bytes] = Object.values(found);
      return { startMs: Number(start) * 1_000, bytes: bytes as Uint8Array };
    });

  return {
    snapshot: (work) => {
      database.exec('BEGIN');
      try {
        return work();
      } finally {
        database.exec('COMMIT');
      }
    },
    series: createFinder(database, cellLengthMs(everies)),
    countWindows: ({ id }, every, { fromMs, toMs }, limit) => {
      const counted = count.get(everySeconds(every), id, secondsFrom(fromMs), secondsFrom(toMs), limit);
      return Number(Object.values(counted ?? {})[0]);
    },
    field: (series, field, { every, windows }, span) => {
      const stored = page(series.id, every, span, -1).flatMap(({ startMs, bytes }) => {
        const aggregate = decodeRow(bytes, startMs, series.kinds, field.id)[field.id];
        return aggregate === undefined ? [] : [{ startMs, aggregate }];
      });
      const unmerged = gatherField(series, field, windows).filter(
        ({ startMs }) => startMs >= span.fromMs && startMs < span.toMs,
      );
      return mergeWindows(stored, unmerged);
    },
    windows: function* ({ id }, every, { fromMs, toMs }) {
      for (let nextMs = fromMs; ; ) {
        const found = page(id, every, { fromMs: nextMs, toMs }, pageWindows);
        // After the windows: a field may have been added with the newest of them.
        const kinds = selectKinds.all(id).map(({ kind }) => fieldKindOf(kind));
        for (const { startMs, bytes } of found) yield { startMs, row: decodeRow(bytes, startMs, kinds) };
        const last = found.at(-1);
        if (last === undefined || found.length < pageWindows) return;
        nextMs = last.startMs + 1;
      }
    },
    heldFromMs: ({ id }, every) => {
      const row = selectReach.get(everySeconds(every), id);
      return row && Number(row['from_ms']);
    },
    readings: ({ topic, agent }) => Number(selectLogSeries.get(topic, agent)?.['readings'] ?? 0),
    raw: function* ({ topic, agent }, { fromMs, toMs }) {
      const series = selectLogSeries.get(topic, agent)?.['id'];
      if (typeof series === 'number') yield* readRaw(database, { series, fromMs, toMs });
    },
    rawReaches: (timeMs) => {
      const oldest = selectOldest.get();
      // What is measured later is received later.
      return oldest === undefined || oldest['before'] === 0 || Number(oldest['received_ms']) <= timeMs;
    },
  };
}

/** Windows begin on whole seconds. */
const secondsFrom = (timeMs: number): number => Math.ceil(timeMs / 1_000);

/** Positions of the log that are gone through for what no window has: where more wait, tiers are behind, and so is this. */
const unmergedMax = 100_000;

/** A series with what no window has yet in its cells, as the tiers will gather it. */
function createFinder(database: DatabaseSync, cellMs: number): History['series'] {
  const find = createSeriesFinder(database);
  const selectCursor = database.prepare('SELECT cursor FROM tier_state WHERE id = 1');
  const selectLogSeries = database.prepare('SELECT id FROM log_series WHERE topic = ? AND agent = ?');
  return (key) => {
    const stored = find(key);
    const logSeries = selectLogSeries.get(key.topic, key.agent)?.['id'];
    if (typeof logSeries !== 'number') return stored;
    const cursor = Math.max(stored?.cursor ?? 0, Number(selectCursor.get()?.['cursor']));
    const unmerged = readPositions(database, logSeries, cursor, cursor + unmergedMax).filter(({ timeMs }) =>
      isTimeKept(timeMs),
    );
    const [first] = unmerged;
    if (first === undefined) return stored;
    const series = stored ?? newSeries(unstored, first);
    for (const reading of unmerged) {
      // What is left out is counted by the tiers.
      if (addReading(series, reading, cellMs, () => {}) === 'full') break;
    }
    return series;
  };
}
