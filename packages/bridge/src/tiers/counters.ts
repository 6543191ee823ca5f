// Puts the waiting readings of a counter among its neighbours in time, and says what each window is to grow by.
// As far back as the points of a counter are kept, any order of arrival gives the same growth. Before that, only the
// first and the last point of each window are known: a reading between two windows is still exact, one inside a window
// changes nothing (which is right as long as the counter was not reset there in the meantime).

import type { DatabaseSync } from 'node:sqlite';
import type { Counter } from './aggregate.ts';
import { chunkStart, decodePoints, encodePoints } from './counter-points.ts';
import { type CounterPoint, compareTimes, type Growth, insertPoints } from './growth.ts';
import type { FieldState } from './series-state.ts';

/** The finest tier that holds a time, as seen by one counter. */
export interface Segments {
  /** The counter in the window that holds a time. */
  at(timeMs: number): Counter | undefined;
  /** The nearest one in an earlier and in a later window. */
  before(timeMs: number): Counter | undefined;
  after(timeMs: number): Counter | undefined;
}

export interface Counters {
  /** Takes the pending readings; the newest point of the field is moved. */
  place(series: number, field: FieldState, segments: Segments): readonly Growth[];
  /** Removes points before a time, but for the chunk that leads up to it. Returns the number of chunks. */
  trim(series: number, field: FieldState, beforeMs: number): number;
}

export function createCounters(database: DatabaseSync): Counters {
  const chunks = chunkTable(database);

  /** Points at the end: no neighbour but the newest. */
  const append = (series: number, field: FieldState, added: readonly CounterPoint[]): readonly Growth[] => {
    for (const [start, points] of byChunk(added)) {
      const known = chunks.get(series, field.id, start);
      chunks.put(series, field.id, start, [...known, ...points]);
    }
    return insertPoints({ previous: field.newest, known: [], added, next: undefined }).growths;
  };

  const insertExact = (series: number, { id }: FieldState, added: readonly CounterPoint[]): Growth[] => {
    const growths: Growth[] = [];
    for (const [start, some] of byChunk(added)) {
      const inserted = insertPoints({
        previous: chunks.before(series, id, start)?.at(-1),
        known: chunks.get(series, id, start),
        added: some,
        next: chunks.after(series, id, start)?.[0],
      });
      chunks.put(series, id, start, inserted.points);
      growths.push(...inserted.growths);
    }
    return growths;
  };

  return {
    place: (series, field, segments) => {
      const added = field.pending.toSorted(compareTimes);
      field.pending = [];
      const [head] = added;
      const tail = added.at(-1);
      if (head === undefined || tail === undefined) return [];
      const { newest } = field;
      if (newest === undefined || compareTimes(newest, head) <= 0) {
        const growths = append(series, field, added);
        field.newest = tail;
        return growths;
      }
      if (compareTimes(newest, tail) < 0) field.newest = tail;
      const oldest = field.isTrimmed ? chunks.first(series, field.id) : undefined;
      if (oldest === undefined) return insertExact(series, field, added);
      const exact = added.filter((point) => compareTimes(point, oldest) >= 0);
      const older = added.slice(0, added.length - exact.length);
      return [...insertBetweenSegments(older, segments), ...insertExact(series, field, exact)];
    },
    trim: (series, field, beforeMs) => {
      const removed = chunks.trim(series, field.id, chunkStart(beforeMs));
      if (removed > 0) field.isTrimmed = true;
      return removed;
    },
  };
}

function insertBetweenSegments(added: readonly CounterPoint[], segments: Segments): Growth[] {
  const growths: Growth[] = [];
  for (let at = 0; at < added.length; ) {
    const point = added[at] as CounterPoint;
    const gap = gapAround(point, segments);
    if (gap === undefined) {
      growths.push({ point, units: 0, isKnown: false });
      at++;
      continue;
    }
    const { previous, next } = gap;
    const ends =
      next === undefined ? -1 : added.findIndex((other, i) => i > at && compareTimes(other, next) >= 0);
    const end = ends < 0 ? added.length : ends;
    growths.push(...insertPoints({ previous, known: [], added: added.slice(at, end), next }).growths);
    at = end;
  }
  return growths;
}

/** The known neighbours of a point; `undefined` where it lies inside a window's known points. */
function gapAround(
  point: CounterPoint,
  segments: Segments,
): { previous: CounterPoint | undefined; next: CounterPoint | undefined } | undefined {
  const here = segments.at(point.timeMs);
  if (here !== undefined && compareTimes(point, first(here)) >= 0) {
    if (compareTimes(point, last(here)) < 0) return undefined;
    const after = segments.after(point.timeMs);
    return { previous: last(here), next: after && first(after) };
  }
  const before = segments.before(point.timeMs);
  const following = here ?? segments.after(point.timeMs);
  return { previous: before && last(before), next: following && first(following) };
}

const first = (counter: Counter): CounterPoint => ({ timeMs: counter.firstMs, units: counter.first });
const last = (counter: Counter): CounterPoint => ({ timeMs: counter.lastMs, units: counter.last });

function byChunk(points: readonly CounterPoint[]): Map<number, CounterPoint[]> {
  return Map.groupBy(points, ({ timeMs }) => chunkStart(timeMs));
}

function chunkTable(database: DatabaseSync) {
  const from = 'SELECT start, points FROM tier_counter WHERE series = ? AND field = ?';
  const selectOne = database.prepare(`${from} AND start = ?`);
  const selectBefore = database.prepare(`${from} AND start < ? ORDER BY start DESC LIMIT 1`);
  const selectAfter = database.prepare(`${from} AND start > ? ORDER BY start LIMIT 1`);
  const put = database.prepare('INSERT OR REPLACE INTO tier_counter VALUES (?, ?, ?, ?)');
  const selectLead = database.prepare(
    'SELECT max(start) AS start FROM tier_counter WHERE series = ? AND field = ? AND start <= ?',
  );
  const remove = database.prepare('DELETE FROM tier_counter WHERE series = ? AND field = ? AND start < ?');
  const markTrimmed = database.prepare('UPDATE tier_field SET trimmed = 1 WHERE series = ? AND id = ?');
  const decode = (row: { readonly [column: string]: unknown } | undefined): CounterPoint[] | undefined =>
    row && decodePoints(row['points'] as Uint8Array, Number(row['start']) * 1_000);
  return {
    get: (series: number, field: number, startMs: number) =>
      decode(selectOne.get(series, field, startMs / 1_000)) ?? [],
    before: (series: number, field: number, startMs: number) =>
      decode(selectBefore.get(series, field, startMs / 1_000)),
    after: (series: number, field: number, startMs: number) =>
      decode(selectAfter.get(series, field, startMs / 1_000)),
    first: (series: number, field: number) => decode(selectAfter.get(series, field, -1))?.[0],
    put: (series: number, field: number, startMs: number, points: readonly CounterPoint[]): void => {
      put.run(series, field, startMs / 1_000, encodePoints(points, startMs));
    },
    trim: (series: number, field: number, beforeMs: number): number => {
      const lead = selectLead.get(series, field, beforeMs / 1_000)?.['start'];
      if (typeof lead !== 'number') return 0;
      const removed = Number(remove.run(series, field, lead).changes);
      if (removed > 0) markTrimmed.run(series, field);
      return removed;
    },
  };
}
