// A counter as what is known of it in the order of time: its points as far back as they are kept, before that the first
// and the last point of each window, of the finest tier that still has one. Two counters are put in one order by it.

import type { DatabaseSync } from 'node:sqlite';
import { allPoints } from './counters.ts';
import type { TierWindows } from './flush.ts';
import { between, type CounterPoint, compareTimes } from './growth.ts';
import { decodeRow } from './row.ts';
import type { SeriesState } from './series-state.ts';
import { everySeconds } from './tier.ts';

/** Nothing is known of what lies between its first and its last point. */
interface Run {
  readonly first: CounterPoint;
  readonly last: CounterPoint;
}

export interface CounterRuns {
  readonly runs: readonly Run[];
  readonly points: readonly CounterPoint[];
  /** Points have been there that are older than `points`. */
  readonly isTrimmed: boolean;
}

/** What a window gains, or loses, because a reading has another one before it. */
export interface Correction {
  readonly point: CounterPoint;
  readonly units: number;
}

/** Two counters that cannot be put in one order. */
export class EntangledError extends Error {}

/** `tiers`: the finest first. */
export function runsOf(
  database: DatabaseSync,
  series: SeriesState,
  name: string,
  tiers: readonly TierWindows[],
): CounterRuns {
  const field = series.fields.get(name);
  if (field === undefined) return { runs: [], points: [], isTrimmed: false };
  const select = database.prepare(
    'SELECT start, row FROM tier_window WHERE tier = ? AND series = ? ORDER BY start',
  );
  const points = allPoints(database, series.id, field.id);
  let runs: Run[] = points.map((point) => ({ first: point, last: point }));
  for (const { every } of tiers) {
    const older: Run[] = [];
    const [oldest] = runs;
    for (const { start, row } of select.iterate(everySeconds(every), series.id)) {
      const counter = decodeRow(row as Uint8Array, Number(start) * 1_000, series.kinds, field.id)[field.id];
      if (counter?.kind !== 'counter') continue;
      const run = {
        first: { timeMs: counter.firstMs, units: counter.first },
        last: { timeMs: counter.lastMs, units: counter.last },
      };
      if (oldest !== undefined && compareTimes(run.first, oldest.first) >= 0) break;
      if (oldest === undefined || compareTimes(run.last, oldest.first) < 0) older.push(run);
      // What is finer begins within the window.
      else runs[0] = { first: run.first, last: oldest.last };
    }
    runs = [...older, ...runs];
  }
  return { runs, points, isTrimmed: field.isTrimmed };
}

/**
 * What changes when the readings of both are one counter. `isWhole`: the oldest run of each is the oldest there ever was.
 * @throws EntangledError where readings of one lie among readings of the other of which only a window is known
 */
export function correctionsOf(a: CounterRuns, b: CounterRuns, isWhole: boolean): readonly Correction[] {
  const corrections: Correction[] = [];
  const at = { a: 0, b: 0 };
  let before: CounterPoint | undefined;
  for (;;) {
    const nextA = a.runs[at.a];
    const nextB = b.runs[at.b];
    const isA = nextA !== undefined && (nextB === undefined || compareTimes(nextA.first, nextB.first) <= 0);
    const [run, other, own, index] = isA ? [nextA, nextB, a, at.a++] : [nextB, nextA, b, at.b++];
    if (run === undefined) return corrections;
    if (other !== undefined && compareTimes(other.first, run.last) < 0) {
      const time = new Date(other.first.timeMs).toISOString();
      throw new EntangledError(`both have readings around ${time}, of which only windows are left`);
    }
    const units = between(before, run.first) - between(own.runs[index - 1]?.last, run.first);
    if (units !== 0 && (index > 0 || isWhole)) corrections.push({ point: run.first, units });
    before = run.last;
  }
}

/** The points of both, as far back as those of both are complete. */
export function joinPoints(a: CounterRuns, b: CounterRuns): readonly CounterPoint[] {
  const complete = [a, b].flatMap(({ isTrimmed, points: [oldest] }) => (isTrimmed && oldest ? [oldest] : []));
  const from = complete.toSorted(compareTimes).at(-1);
  return [...a.points, ...b.points]
    .filter((point) => from === undefined || compareTimes(point, from) >= 0)
    .sort(compareTimes);
}
