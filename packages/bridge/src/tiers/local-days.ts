// Days as the clock on the site's wall counts them, across changes of the clock and of the zone's offset.

import { dayMs } from './tier.ts';

/** Times are ms since 1970, dates are written `2026-03-29`. */
export interface LocalDays {
  /** IANA name. */
  readonly timeZone: string;
  /** The first instant of the day that holds a time. */
  start(timeMs: number): number;
  /** The first instant of the day after it. */
  end(timeMs: number): number;
  date(timeMs: number): string;
  /** First instant of a date and of the one after it; `undefined`: not a date. */
  range(date: string): { readonly startMs: number; readonly endMs: number } | undefined;
}

/** Days whose edges are remembered; more are found again when they are asked for. */
const rememberedDaysMax = 8_192;
/** No zone is farther from UTC than this. */
const offsetMaxMs = 26 * 60 * 60_000;

/** @throws RangeError for a time zone that this machine does not know. */
export function createLocalDays(timeZone: string): LocalDays {
  const dayNumber = createDayNumber(timeZone);
  const edges = new Map<number, number>();

  // The clock may pass midnight twice (set back at 00:01, as Newfoundland did): one edge is chosen, always the same.
  const edge = (day: number): number => {
    const known = edges.get(day);
    if (known !== undefined) return known;
    let before = day * dayMs - offsetMaxMs;
    let at = day * dayMs + offsetMaxMs;
    while (at - before > 1) {
      const middle = Math.floor((before + at) / 2);
      if (dayNumber(middle) >= day) at = middle;
      else before = middle;
    }
    if (edges.size >= rememberedDaysMax) edges.clear();
    edges.set(day, at);
    return at;
  };

  // Counted from the UTC day, which is at most two off: no calendar is asked for a time whose neighbourhood is known.
  const dayOf = (timeMs: number): number => {
    let day = Math.floor(timeMs / dayMs) + 2;
    while (edge(day) > timeMs) day--;
    return day;
  };

  return {
    timeZone,
    start: (timeMs) => edge(dayOf(timeMs)),
    // The date after it may have no length (a zone skipped it), but then it begins with the one after that.
    end: (timeMs) => edge(dayOf(timeMs) + 1),
    date: (timeMs) => new Date(dayOf(timeMs) * dayMs).toISOString().slice(0, 10),
    range: (date) => {
      const day = Date.parse(`${date}T00:00:00Z`) / dayMs;
      if (!Number.isInteger(day) || new Date(day * dayMs).toISOString().slice(0, 10) !== date)
        return undefined;
      return { startMs: edge(day), endMs: edge(day + 1) };
    },
  };
}

/** The date of an instant on the wall, as days since 1970-01-01. */
function createDayNumber(timeZone: string): (timeMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  });
  return (timeMs) => {
    let year = 0;
    let month = 0;
    let day = 0;
    for (const { type, value } of format.formatToParts(timeMs)) {
      if (type === 'year') year = Number(value);
      else if (type === 'month') month = Number(value);
      else if (type === 'day') day = Number(value);
    }
    return Date.UTC(year, month - 1, day) / dayMs;
  };
}
