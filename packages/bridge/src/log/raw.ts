// The readings of one series, for charts and exports. Reads only, from a connection of any thread, and holds no snapshot
// while its caller works: what expires meanwhile is left out.

import type { DatabaseSync } from 'node:sqlite';
import type { SeriesKey, StoredReading } from '../message.ts';
import { decodeUndamaged, type GroupRecord } from './group.ts';
import { futureMs } from './placement.ts';
import { readRecord } from './reading.ts';
import { wideMs } from './schema.ts';
import { idsOf } from './series-join.ts';

/** What the log still holds, by the times of readings. */
export interface RawHistory {
  /** The log has every reading of this time and later. */
  heldFromMs(): number;
  /** Readings of a series in the order of time; `toMs` is not included. */
  read(key: SeriesKey, fromMs: number, toMs: number): Iterable<StoredReading>;
}

export function openRawHistory(database: DatabaseSync): RawHistory {
  const selectOldest = database.prepare(
    'SELECT last - count AS before, received_ms FROM log_group ORDER BY last LIMIT 1',
  );
  const selectHead = database.prepare("SELECT count FROM log_count WHERE name = 'head'");
  const selectSeries = database.prepare('SELECT id FROM log_series WHERE topic = ? AND agent = ?');
  return {
    heldFromMs: () => {
      const oldest = selectOldest.get();
      const stored = Number(selectHead.get()?.['count'] ?? 0);
      if (oldest === undefined) return stored === 0 ? 0 : Number.MAX_SAFE_INTEGER;
      // What is measured later is received later, but for a clock that runs ahead.
      return oldest['before'] === 0 ? 0 : Number(oldest['received_ms']) + futureMs;
    },
    read: ({ topic, agent }, fromMs, toMs) => {
      const series = selectSeries.get(topic, agent)?.['id'];
      return typeof series === 'number' ? readRaw(database, { series, fromMs, toMs }) : [];
    },
  };
}

interface RawQuery {
  /** Id of a series. */
  readonly series: number;
  readonly fromMs: number;
  /** Not included. */
  readonly toMs: number;
}

interface Found {
  readonly position: number;
  readonly record: GroupRecord;
}

/**
 * The groups are taken by the time of their first reading; a reading is handed out as soon as no later group can have
 * an earlier one. So it holds about as many readings as there are in groups that overlap.
 */
export function* readRaw(database: DatabaseSync, query: RawQuery): Generator<StoredReading> {
  const key = seriesKey(database, query.series);
  if (key === undefined) return;
  const selectBytes = database.prepare('SELECT bytes FROM log_group WHERE last = ?');
  const ids = idsOf(database, query.series);
  const groups = groupsOf(database, ids, query);
  let waiting: Found[] = [];
  for (const [index, { last }] of groups.entries()) {
    const row = selectBytes.get(last);
    if (row === undefined) continue;
    waiting.push(
      ...recordsOf(last, row['bytes'] as Uint8Array, ids).filter(
        ({ record: { timeMs } }) => timeMs >= query.fromMs && timeMs < query.toMs,
      ),
    );
    waiting.sort((a, b) => a.record.timeMs - b.record.timeMs || a.position - b.position);
    const untilMs = groups[index + 1]?.timeMinMs ?? Number.POSITIVE_INFINITY;
    const held = waiting.findIndex(({ record }) => record.timeMs >= untilMs);
    const due = held < 0 ? waiting : waiting.slice(0, held);
    waiting = held < 0 ? [] : waiting.slice(held);
    for (const { position, record } of due) {
      const reading = readRecord(record, position, key);
      if (reading !== undefined) yield reading;
    }
  }
}

/** The readings of a series at positions after one and up to another, in their order. */
export function readPositions(
  database: DatabaseSync,
  series: number,
  after: number,
  upTo: number,
): StoredReading[] {
  const key = seriesKey(database, series);
  if (key === undefined) return [];
  const ids = idsOf(database, series);
  const select = database.prepare(
    `SELECT last, bytes FROM log_group WHERE last > ? AND last <= ? AND ${holdsAny(ids)} ORDER BY last`,
  );
  const readings: StoredReading[] = [];
  for (const row of select.iterate(after, upTo, ...ids.map(bytesOf))) {
    for (const { record, position } of recordsOf(Number(row['last']), row['bytes'] as Uint8Array, ids)) {
      const reading = position > after ? readRecord(record, position, key) : undefined;
      if (reading !== undefined) readings.push(reading);
    }
  }
  return readings;
}

function seriesKey(database: DatabaseSync, series: number): SeriesKey | undefined {
  const row = database.prepare('SELECT topic, agent FROM log_series WHERE id = ?').get(series);
  return row && { topic: String(row['topic']), agent: String(row['agent']) };
}

/** Groups that can hold what is asked for, by the time of their first reading. */
function groupsOf(
  database: DatabaseSync,
  ids: readonly number[],
  { fromMs, toMs }: Pick<RawQuery, 'fromMs' | 'toMs'>,
): { readonly last: number; readonly timeMinMs: number }[] {
  const holds = holdsAny(ids);
  const named = ids.map(bytesOf);
  const narrow = database.prepare(
    `SELECT last, time_min FROM log_group
     WHERE time_min >= ? AND time_min < ? AND time_max >= ? AND ${holds}`,
  );
  const wide = database.prepare(
    `SELECT last, time_min FROM log_group
     WHERE time_max - time_min > ${wideMs} AND time_max >= ? AND time_min < ? AND ${holds}`,
  );
  const earliestMs = fromMs - wideMs;
  const rows = [
    ...wide.all(fromMs, Math.min(earliestMs, toMs), ...named),
    ...narrow.all(earliestMs, toMs, fromMs, ...named),
  ];
  return rows
    .map((row) => ({ last: Number(row['last']), timeMinMs: Number(row['time_min']) }))
    .sort((a, b) => a.timeMinMs - b.timeMinMs || a.last - b.last);
}

const holdsAny = (ids: readonly number[]): string =>
  `(${ids.map(() => 'instr(series, ?) > 0').join(' OR ')})`;

/** As groups name their series. A wrong hit inside of two ids costs a look into a group, no more. */
const bytesOf = (series: number): Uint8Array => new Uint8Array(Uint32Array.of(series).buffer);

function recordsOf(last: number, bytes: Uint8Array, ids: readonly number[]): Found[] {
  // Damage is said where the log itself comes by.
  const records = decodeUndamaged(bytes);
  const first = last - records.length + 1;
  return records
    .map((record, index) => ({ position: first + index, record }))
    .filter(({ record }) => ids.includes(record.series) && !record.waits);
}
