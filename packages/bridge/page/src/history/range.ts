// The stretches of time that a history shows, and what is asked of the bridge for each.

import { sameTimeInYear, startOfDay, startOfMonth } from '../format/zone.ts';
import type { Ask } from '../live/use-series.ts';
import type { Key } from '../words/words.ts';

export const ranges = ['24h', '7d', '30d', '1y', '10y'] as const;
export type Range = (typeof ranges)[number];

const dayMs = 24 * 3600_000;
/** More than a wide screen has dots to show. */
const pointsMax = 1000;

interface Span {
  readonly unit: Key;
  readonly count: number;
  readonly renewMs: number;
  readonly from: (now: number, zone: string) => number;
}

export const spans: { readonly [range in Range]: Span } = {
  '24h': { unit: 'h', count: 24, renewMs: 60_000, from: (now) => now - dayMs },
  '7d': { unit: 'd', count: 7, renewMs: 5 * 60_000, from: (now) => now - 7 * dayMs },
  '30d': { unit: 'd', count: 30, renewMs: 30 * 60_000, from: (now) => now - 30 * dayMs },
  '1y': { unit: 'y', count: 1, renewMs: 30 * 60_000, from: (now, zone) => sameTimeInYear(now, zone, -1) },
  '10y': { unit: 'y', count: 10, renewMs: 30 * 60_000, from: (now, zone) => sameTimeInYear(now, zone, -10) },
};

interface Field {
  readonly device: string;
  readonly field: string;
}

export function askRange({ device, field }: Field, range: Range, zone: string): Ask {
  const { renewMs, from } = spans[range];
  return {
    device,
    field,
    window: range,
    from: (now) => from(now, zone),
    to: (now) => now,
    points: pointsMax,
    renewMs,
  };
}

/** A state of each two hours tells shares of a day; a year of them is the most that is asked for. */
const statesMax = 4500;

export function askStates(of: Field, range: Range, zone: string): Ask {
  const ask = askRange(of, range, zone);
  return range === '1y' ? { ...ask, points: statesMax } : ask;
}

/** The same stretch of the calendar a year earlier. */
export function askYearBefore(of: Field, range: Range, zone: string): Ask {
  const ask = askRange(of, range, zone);
  return {
    ...ask,
    window: `${range} before`,
    from: (now) => sameTimeInYear(ask.from(now), zone, -1),
    to: (now) => sameTimeInYear(now, zone, -1),
  };
}

/** Whole days for what is counted by the day; a day alone would be one bar, so it shows its week. */
export function askDays({ device, field }: Field, range: Range, zone: string, yearsBefore: number): Ask {
  const days = { '24h': 7, '7d': 7, '30d': 30, '1y': 0, '10y': 0 }[range];
  const points = { '24h': 9, '7d': 9, '30d': 32, '1y': 370, '10y': pointsMax }[range];
  const begin = (now: number): number =>
    days > 0 ? startOfDay(now, zone, 1 - days) : startOfMonth(spans[range].from(now, zone), zone, 1);
  return {
    device,
    field,
    window: `${range} days ${yearsBefore}`,
    from: (now) => sameTimeInYear(begin(now), zone, -yearsBefore),
    to: (now) => sameTimeInYear(now, zone, -yearsBefore),
    points,
    renewMs: 5 * 60_000,
  };
}
