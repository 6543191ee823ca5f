// Clock times and dates of the site, by `Intl`, in the reader's language.

import { startOfDay } from './zone.ts';

export interface Times {
  readonly zone: string;
  /** 14:26 */
  readonly clock: (time: number) => string;
  /** 9 Jun */
  readonly day: (time: number) => string;
  /** 9 Jun 2026 */
  readonly date: (time: number) => string;
  /** 9 Jun 14:26 */
  readonly dayAndClock: (time: number) => string;
  /** Jun */
  readonly month: (time: number) => string;
  readonly year: (time: number) => string;
  /** A moment seen from now: 11:52 of today, 8 Jun 19:40 of another day, with the year of another year. */
  readonly moment: (time: number, now: number) => string;
}

export function timesIn(locale: string, zone: string): Times {
  const by = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
    return (time: number) => format.format(time);
  };
  const hours = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const clock = by(hours);
  const day = by({ day: 'numeric', month: 'short' });
  const date = by({ day: 'numeric', month: 'short', year: 'numeric' });
  const year = by({ year: 'numeric' });
  const dayAndClock = by({ day: 'numeric', month: 'short', ...hours });
  const dateAndClock = by({ day: 'numeric', month: 'short', year: 'numeric', ...hours });
  const moment = (time: number, now: number): string => {
    if (time >= startOfDay(now, zone)) return clock(time);
    return year(time) === year(now) ? dayAndClock(time) : dateAndClock(time);
  };
  return { zone, clock, day, date, dayAndClock, month: by({ month: 'short' }), year, moment };
}
