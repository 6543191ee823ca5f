// What is stored of a series: its fields, its windows, its raw readings. Reads only, from a connection of any thread;
// no statement stays open between two calls, so that a slow reader holds no snapshot.

import type { DatabaseSync } from 'node:sqlite';
import type { DeviceKind, FieldKind } from '@wattline/protocols';
import { readRaw } from '../log/raw.ts';
import type { SeriesKey, StoredReading } from '../message.ts';
import type { Aggregate } from '../tiers/aggregate.ts';
import { decodeRow, type Row } from '../tiers/row.ts';
import { deviceKindOf, fieldKindOf } from '../tiers/series-table.ts';
import { type Every, everySeconds } from '../tiers/tier.ts';

export interface KnownSeries {
  readonly id: number;
  readonly key: SeriesKey;
  readonly kind: DeviceKind;
  readonly definition: string | undefined;
  readonly site: string | undefined;
  readonly intervalSeconds: number | undefined;
  readonly firstMs: number;
  readonly newestMs: number;
  readonly fields: readonly KnownField[];
  /** Kinds by field id. */
  readonly kinds: readonly FieldKind[];
}

export interface KnownField {
  readonly id: number;
  readonly name: string;
  readonly kind: FieldKind;
}

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
  series(key: SeriesKey): KnownSeries | undefined;
  /** Windows that begin in a span, counted up to a limit. */
  countWindows(series: KnownSeries, every: Every, span: Span, limit: number): number;
  /** One field of the windows that begin in a span. */
  field(series: KnownSeries, field: KnownField, every: Every, span: Span): readonly FieldWindow[];
  /** Windows that begin in a span, page by page. */
  windows(series: KnownSeries, every: Every, span: Span): Generator<StoredWindow>;
  /** Raw readings in the order of time, as far as the log still has them. */
  raw(key: SeriesKey, span: Span): Generator<StoredReading>;
  /** Whether the log still has every reading since a time. */
  rawReaches(timeMs: number): boolean;
}

export interface FieldWindow {
  readonly startMs: number;
  readonly aggregate: Aggregate;
}

const pageWindows = 200;

export function openHistory(database: DatabaseSync): History {
  const ofSpan = 'FROM tier_window WHERE tier = ? AND series = ? AND start >= ? AND start < ?';
  const count = database.prepare(`SELECT count(*) FROM (SELECT 1 ${ofSpan} LIMIT ?)`);
  const select = database.prepare(`SELECT start, row ${ofSpan} ORDER BY start LIMIT ?`);
  for (const statement of [count, select]) statement.setReturnArrays(true);
  const selectLogSeries = database.prepare('SELECT id FROM log_series WHERE topic = ? AND agent = ?');
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
    series: seriesFinder(database),
    countWindows: ({ id }, every, { fromMs, toMs }, limit) => {
      const counted = count.get(everySeconds(every), id, secondsFrom(fromMs), secondsFrom(toMs), limit);
      return Number(Object.values(counted ?? {})[0]);
    },
    field: ({ id, kinds }, field, every, span) =>
      page(id, every, span, -1).flatMap(({ startMs, bytes }) => {
        const aggregate = decodeRow(bytes, startMs, kinds, field.id)[field.id];
        return aggregate === undefined ? [] : [{ startMs, aggregate }];
      }),
    windows: function* ({ id, kinds }, every, { fromMs, toMs }) {
      for (let nextMs = fromMs; ; ) {
        const found = page(id, every, { fromMs: nextMs, toMs }, pageWindows);
        for (const { startMs, bytes } of found) yield { startMs, row: decodeRow(bytes, startMs, kinds) };
        const last = found.at(-1);
        if (last === undefined || found.length < pageWindows) return;
        nextMs = last.startMs + 1;
      }
    },
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

function seriesFinder(database: DatabaseSync): History['series'] {
  const select = database.prepare('SELECT * FROM tier_series WHERE topic = ? AND agent = ?');
  const selectFields = database.prepare('SELECT id, name, kind FROM tier_field WHERE series = ? ORDER BY id');
  return ({ topic, agent }) => {
    const row = select.get(topic, agent);
    if (row === undefined) return undefined;
    const id = Number(row['id']);
    const fields = selectFields.all(id).map((field) => ({
      id: Number(field['id']),
      name: String(field['name']),
      kind: fieldKindOf(field['kind']),
    }));
    return {
      id,
      key: { topic, agent },
      kind: deviceKindOf(row['kind']),
      definition: row['definition'] === null ? undefined : String(row['definition']),
      site: row['site'] === null ? undefined : String(row['site']),
      intervalSeconds: row['interval_seconds'] === null ? undefined : Number(row['interval_seconds']),
      firstMs: Number(row['first_ms']),
      newestMs: Number(row['newest_ms']),
      fields,
      kinds: fields.map(({ kind }) => kind),
    };
  };
}
