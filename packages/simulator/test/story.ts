// A week of a made-up site, every three minutes of it, in the summer time of central Europe.

import type { Decoded } from '@wattline/protocols';
import type { Timing } from '../src/site/simulate.ts';

const minuteMs = 60_000;
const everyMinutes = 3;
export const everyHours = everyMinutes / 60;
const moments = (7 * 24 * 60) / everyMinutes;

export function week(startMs: number): { readonly timing: Timing; readonly times: readonly number[] } {
  return {
    timing: { startMs, seed: 7, localOffsetMs: 2 * 60 * minuteMs },
    times: Array.from({ length: moments }, (_, index) => startMs + index * everyMinutes * minuteMs),
  };
}

export function numberOf({ values }: Decoded, field: string): number {
  const value = values[field];
  if (typeof value !== 'number') throw new Error(`${field} is ${String(value)}`);
  return value;
}
