// What a counter grew by, in whole local days or months.

import type { SeriesView } from '../../../src/web/api.ts';
import { startOfDay, startOfMonth } from '../format/zone.ts';

export interface Bars {
  /** Beginning of the first bar, end of the last. */
  readonly from: number;
  readonly to: number;
  /** The middle of each bar. */
  readonly times: readonly number[];
  /** `null`: nothing stored. */
  readonly values: readonly (number | null)[];
}

export function barsOf({ points, from, to }: SeriesView, zone: string, byMonth: boolean): Bars {
  const begin = byMonth ? startOfMonth : startOfDay;
  const sums = new Map<number, number | null>();
  for (const { time, increase } of points) {
    const key = begin(time, zone);
    const sum = sums.get(key) ?? null;
    sums.set(key, typeof increase === 'number' ? (sum ?? 0) + increase : sum);
  }
  const keys = [...sums.keys()];
  return {
    from: begin(from, zone),
    to: begin(to, zone, 1),
    times: keys.map((key) => (key + begin(key, zone, 1)) / 2),
    values: keys.map((key) => sums.get(key) ?? null),
  };
}

export const highestBar = ({ values }: Bars): number => Math.max(0, ...values.map((value) => value ?? 0));
