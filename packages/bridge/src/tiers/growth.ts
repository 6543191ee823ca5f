// What a counter grew by: at each reading, relative to the one before it in time. A value lower than the one before
// is a reset, and the new value counts from 0. The growth of a window is the sum over its readings, and a reading that
// comes late changes two of them: its own, and that of the reading after it.

import type { Counter } from './aggregate.ts';

/** Value in millionths. */
export interface CounterPoint {
  readonly timeMs: number;
  readonly units: number;
}

/** What a window is to add. */
export interface Growth {
  readonly point: CounterPoint;
  readonly units: number;
  /** The point was known before: only its growth changes. */
  readonly isKnown: boolean;
}

/** By time; of the same time the smaller value first. */
export const compareTimes = (a: CounterPoint, b: CounterPoint): number =>
  a.timeMs - b.timeMs || a.units - b.units;

/** What a counter grew by from one reading to the next. */
export const between = (previous: CounterPoint | undefined, { units }: CounterPoint): number => {
  if (previous === undefined) return 0;
  return units >= previous.units ? units - previous.units : units;
};

/**
 * Puts points among known ones. All lists are in the order of time; `previous` and `next` are the known neighbours of
 * the whole. Returns every point, and what the growth of windows changes by.
 */
export function insertPoints({
  previous,
  known,
  added,
  next,
}: {
  readonly previous: CounterPoint | undefined;
  readonly known: readonly CounterPoint[];
  readonly added: readonly CounterPoint[];
  readonly next: CounterPoint | undefined;
}): { readonly points: readonly CounterPoint[]; readonly growths: readonly Growth[] } {
  const points: CounterPoint[] = [];
  const growths: Growth[] = [];
  let before = previous;
  let knownBefore = previous;
  const changed = (point: CounterPoint): void => {
    const units = between(before, point) - between(knownBefore, point);
    if (units !== 0) growths.push({ point, units, isKnown: true });
  };
  let at = 0;
  for (const point of added) {
    for (let old = known[at]; old !== undefined && compareTimes(old, point) <= 0; old = known[++at]) {
      changed(old);
      points.push(old);
      before = old;
      knownBefore = old;
    }
    growths.push({ point, units: between(before, point), isKnown: false });
    points.push(point);
    before = point;
  }
  const rest = known.slice(at);
  const follower = rest[0] ?? next;
  if (follower !== undefined) changed(follower);
  points.push(...rest);
  return { points, growths };
}

/** What a window remembers of one growth. */
export function counterOf({ point: { timeMs, units }, units: low, isKnown }: Growth): Counter {
  return isKnown
    ? {
        kind: 'counter',
        firstMs: Number.POSITIVE_INFINITY,
        first: 0,
        lastMs: Number.NEGATIVE_INFINITY,
        last: 0,
        high: 0,
        low,
      }
    : { kind: 'counter', firstMs: timeMs, first: units, lastMs: timeMs, last: units, high: 0, low };
}
