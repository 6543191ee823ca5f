// Window arithmetic: which window of a tier a time belongs to, and where that window ends.

import type { LocalDays } from './local-days.ts';
import { type Every, everySeconds, type Tier } from './tier.ts';

/** The windows of one tier: they cover all time without a gap. Times are ms since 1970. */
export interface Windows {
  /** Start of the window that holds a time. */
  start(timeMs: number): number;
  /** Start of the window after the one that holds a time. */
  end(timeMs: number): number;
}

export function createWindows(every: Every, days: LocalDays): Windows {
  return every === 'day' ? days : fixedWindows(every * 1_000);
}

/** Each tier with its windows, the finest first. */
export const windowsOfTiers = (tiers: readonly Tier[], days: LocalDays) =>
  tiers
    .toSorted((a, b) => everySeconds(a.every) - everySeconds(b.every))
    .map((tier) => ({ ...tier, windows: createWindows(tier.every, days) }));

function fixedWindows(lengthMs: number): Windows {
  const start = (timeMs: number): number => Math.floor(timeMs / lengthMs) * lengthMs;
  return { start, end: (timeMs) => start(timeMs) + lengthMs };
}

/** Local days begin at multiples of this in UTC; no zone has had other offsets since 1972. */
const dayEdgeSeconds = 900;
const cellSecondsMax = 60;

/** Length of the longest spans aligned to UTC, at most a minute, of which each lies in one window of every tier. */
export function cellLengthMs(tiers: readonly Every[]): number {
  const seconds = tiers
    .map((every) => (every === 'day' ? dayEdgeSeconds : every))
    .reduce(greatestCommonDivisor, cellSecondsMax);
  return seconds * 1_000;
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);
