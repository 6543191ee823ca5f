// A week of a made-up site, in steps, in the summer time of central Europe.

import type { Decoded } from '@wattline/protocols';
import type { Timing } from '../src/site/simulate.ts';

const minuteMs = 60_000;
const weekMinutes = 7 * 24 * 60;

export interface Story {
  readonly timing: Timing;
  readonly times: readonly number[];
  /** Between two of them. */
  readonly stepHours: number;
}

export const week = (startMs: number, stepMinutes: number): Story => ({
  timing: { startMs, seed: 7, localOffsetMs: 2 * 60 * minuteMs },
  times: Array.from(
    { length: weekMinutes / stepMinutes },
    (_, index) => startMs + index * stepMinutes * minuteMs,
  ),
  stepHours: stepMinutes / 60,
});

export function numberOf({ values }: Decoded, field: string): number {
  const value = values[field];
  if (typeof value !== 'number') throw new Error(`${field} is ${String(value)}`);
  return value;
}
