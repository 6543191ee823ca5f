// Puts the waiting readings of a counter among its neighbours in time, and says what each window is to grow by.
// As far back as the points of a counter are kept, any order of arrival gives the same growth. Before that, only the
// first and the last point of each window are known: a reading between two windows of any tier is still exact, one inside
// a window of every tier changes nothing (which is right as long as the counter was not reset there in the meantime).

import type { DatabaseSync } from 'node:sqlite';
import type { Counter } from './aggregate.ts';
import { cutIntoChunks, decodePoints, encodePoints } from './counter-points.ts';
import { type CounterPoint, compareTimes, type Growth, insertPoints } from './growth.ts';
import { type FieldState, pendingPoints } from './series-state.ts';

/** One counter in the windows of a tier. */
export interface Segments {
  /** Whether the tier still keeps windows of a time. */
  covers(timeMs: number): boolean;
  /** The counter in the window that holds a time. */
  at(timeMs: number): Counter | undefined;
  /** The nearest one in an earlier and in a later window. */
  before(timeMs: number): Counter | undefined;
  after(timeMs: number): Counter | undefined;
}

export interface Counters {
  /** Takes the pending readings; the newest point of the field is moved. */
  place(series: number, field: FieldState, tiers: readonly Segments[]): readonly Growth[];
  /** From when on every point is known, and the one before it. */
  knownFromMs(series: number, field: FieldState): number;
  /** What a counter grew by at each of its points in a span of which every point is known. */
  growths(series: number, field: FieldState, fromMs: number, toMs: number): readonly Growth[];
  /** Removes points before a time, but for the chunk that leads up to it. Returns the number of chunks. */
  trim(series: number, field: FieldState, beforeMs: number): number;
}

export function createCounters(database: DatabaseSync): Counters {
  const chunks = chunkTable(database);

  /** Points at the end: no neighbour but the newest. */
  const append = (series: number, field: FieldState, added: readonly CounterPoint[]): readonly Growth[] => {
    const chunk = chunks.last(series, field.id);
    chunks.replace(series, field.id, chunk, [...(chunk?.points ?? []), ...added]);
    return insertPoints({ previous: field.newest, known: [], added, next: undefined }).growths;
  };

  const insertExact = (series: number, { id }: FieldState, added: readonly CounterPoint[]): Growth[] => {
    const growths: Growth[] = [];
    for (let at = 0; at < added.length; ) {
      const { timeMs } = added[at] as CounterPoint;
      const chunk = chunks.holding(series, id, timeMs) ?? chunks.first(series, id);
      const following = chunk && chunks.after(series, id, chunk.startMs);
      const untilMs = following?.startMs ?? Number.POSITIVE_INFINITY;
      const further = added.findIndex((point, i) => i > at && point.timeMs >= untilMs);
      const end = further < 0 ? added.length : further;
      const inserted = insertPoints({
        previous: chunk && chunks.before(series, id, chunk.startMs)?.points.at(-1),
        known: chunk?.points ?? [],
        added: added.slice(at, end),
        next: following?.points[0],
      });
      chunks.replace(series, id, chunk, inserted.points);
      growths.push(...inserted.growths);
      at = end;
    }
    return growths;
  };

  return {
    place: (series, field, tiers) => {
      const added = pendingPoints(field).sort(compareTimes);
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
      const oldest = field.isTrimmed ? chunks.first(series, field.id)?.points[0] : undefined;
      if (oldest === undefined) return insertExact(series, field, added);
      const exact = added.filter((point) => compareTimes(point, oldest) >= 0);
      const older = added.slice(0, added.length - exact.length);
      return [...insertBetweenSegments(older, tiers), ...insertExact(series, field, exact)];
    },
    knownFromMs: (series, field) => {
      const oldest = field.isTrimmed ? chunks.first(series, field.id)?.points[0] : undefined;
      return oldest === undefined ? 0 : oldest.timeMs + 1;
    },
    growths: (series, field, fromMs, toMs) => {
      let chunk = chunks.before(series, field.id, fromMs);
      const points: CounterPoint[] = [...(chunk?.points ?? [])];
      for (let startMs = chunk?.startMs ?? Number.NEGATIVE_INFINITY; ; startMs = chunk.startMs) {
        chunk = chunks.after(series, field.id, startMs);
        if (chunk === undefined || chunk.startMs >= toMs) break;
        points.push(...chunk.points);
      }
      const first = points.findIndex(({ timeMs }) => timeMs >= fromMs);
      if (first < 0) return [];
      const added = points.slice(first).filter(({ timeMs }) => timeMs < toMs);
      return insertPoints({ previous: points[first - 1], known: [], added, next: undefined }).growths;
    },
    trim: (series, field, beforeMs) => {
      const removed = chunks.trim(series, field.id, beforeMs);
      if (removed > 0) field.isTrimmed = true;
      return removed;
    },
  };
}

/** Every point that is kept of a counter, in the order of time. */
export function allPoints(database: DatabaseSync, series: number, field: number): readonly CounterPoint[] {
  const select = database.prepare(
    'SELECT start, points FROM tier_counter WHERE series = ? AND field = ? ORDER BY start',
  );
  return select
    .all(series, field)
    .flatMap(({ start, points }) => decodePoints(points as Uint8Array, Number(start)));
}

/** Puts points, in the order of time, in place of all that are kept of a counter. */
export function replacePoints(
  database: DatabaseSync,
  series: number,
  field: number,
  points: readonly CounterPoint[],
): void {
  database.prepare('DELETE FROM tier_counter WHERE series = ? AND field = ?').run(series, field);
  chunkTable(database).replace(series, field, undefined, points);
}

function insertBetweenSegments(added: readonly CounterPoint[], tiers: readonly Segments[]): Growth[] {
  const growths: Growth[] = [];
  for (let at = 0; at < added.length; ) {
    const point = added[at] as CounterPoint;
    const gap = gapAround(point, tiers);
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

/** The neighbours of a point. */
interface Gap {
  readonly previous: CounterPoint | undefined;
  readonly next: CounterPoint | undefined;
}

/** `undefined`: it lies inside a window of every tier. */
function gapAround(point: CounterPoint, tiers: readonly Segments[]): Gap | undefined {
  for (const segments of tiers) {
    const gap = segments.covers(point.timeMs) ? gapBetween(point, segments) : undefined;
    if (gap !== undefined) return gap;
  }
  return undefined;
}

function gapBetween(point: CounterPoint, segments: Segments): Gap | undefined {
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

interface Chunk {
  readonly startMs: number;
  readonly points: readonly CounterPoint[];
}

function chunkTable(database: DatabaseSync) {
  const find = (condition: string) => {
    const select = database.prepare(
      `SELECT start, points FROM tier_counter WHERE series = ? AND field = ? AND start ${condition} LIMIT 1`,
    );
    return (series: number, field: number, timeMs: number): Chunk | undefined => {
      const row = select.get(series, field, timeMs);
      const startMs = Number(row?.['start']);
      return row && { startMs, points: decodePoints(row['points'] as Uint8Array, startMs) };
    };
  };
  const holding = find('<= ? ORDER BY start DESC');
  const before = find('< ? ORDER BY start DESC');
  const after = find('> ? ORDER BY start');
  const put = database.prepare('INSERT OR REPLACE INTO tier_counter VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM tier_counter WHERE series = ? AND field = ? AND start = ?');
  const selectLead = database.prepare(
    'SELECT max(start) AS start FROM tier_counter WHERE series = ? AND field = ? AND start <= ?',
  );
  const removeOld = database.prepare('DELETE FROM tier_counter WHERE series = ? AND field = ? AND start < ?');
  const markTrimmed = database.prepare('UPDATE tier_field SET trimmed = 1 WHERE series = ? AND id = ?');
  return {
    holding,
    before,
    after,
    first: (series: number, field: number) => after(series, field, Number.NEGATIVE_INFINITY),
    last: (series: number, field: number) => before(series, field, Number.POSITIVE_INFINITY),
    replace: (
      series: number,
      field: number,
      chunk: Chunk | undefined,
      points: readonly CounterPoint[],
    ): void => {
      const startMs = points[0]?.timeMs;
      if (chunk !== undefined && chunk.startMs !== startMs) remove.run(series, field, chunk.startMs);
      for (const piece of cutIntoChunks(points)) {
        const pieceMs = (piece[0] as CounterPoint).timeMs;
        put.run(series, field, pieceMs, encodePoints(piece, pieceMs));
      }
    },
    trim: (series: number, field: number, beforeMs: number): number => {
      const lead = selectLead.get(series, field, beforeMs)?.['start'];
      if (typeof lead !== 'number') return 0;
      const removed = Number(removeOld.run(series, field, lead).changes);
      if (removed > 0) markTrimmed.run(series, field);
      return removed;
    },
  };
}
