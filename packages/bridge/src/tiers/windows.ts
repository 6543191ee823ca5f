// Window arithmetic: which window of a tier a time belongs to, and where that window ends.

import type { LocalDays } from './local-days.ts';
import type { Every } from './tier.ts';

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

function fixedWindows(lengthMs: number): Windows {
  const start = (timeMs: number): number => Math.floor(timeMs / lengthMs) * lengthMs;
  return { start, end: (timeMs) => start(timeMs) + lengthMs };
}
