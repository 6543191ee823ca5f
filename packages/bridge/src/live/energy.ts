// Solar energy of this day and of the same day a year ago, from the day counters of the devices that have one.

import { deviceKinds } from '@wattline/protocols';
import type { SeriesKey } from '../message.ts';
import type { DeviceView } from '../web/api.ts';
import { countedDevices } from './read-twice.ts';

/** What a counter grew by in a span; `null`: nothing is stored of it. */
export type Increase = (
  series: SeriesKey,
  field: string,
  fromMs: number,
  toMs: number,
) => Promise<number | null>;

export interface Days {
  start(timeMs: number): number;
  date(timeMs: number): string;
  range(date: string): { readonly startMs: number; readonly endMs: number } | undefined;
}

/** Wh; `null`: not known. */
export interface Energy {
  readonly today: number | null;
  readonly sameDayLastYear: number | null;
}

export async function energyOf(
  devices: readonly DeviceView[],
  days: Days,
  increase: Increase,
  nowMs: number,
): Promise<Energy> {
  const sum = async (fromMs: number, toMs: number): Promise<number | null> => {
    let all: number | null = null;
    // One after the other: history takes only so many questions at a time, and charts have theirs.
    for (const { kind, topic, agent, values } of countedDevices(devices)) {
      const { solarEnergyToday: field } = deviceKinds[kind];
      if (field === undefined || !(field in values)) continue;
      const grown = await increase({ topic, agent }, field, fromMs, toMs);
      if (grown !== null) all = (all ?? 0) + grown;
    }
    return all;
  };
  const lastYear = days.range(yearBefore(days.date(nowMs)));
  const [today, sameDayLastYear] = await Promise.all([
    sum(days.start(nowMs), nowMs),
    lastYear ? sum(lastYear.startMs, lastYear.endMs) : null,
  ]);
  return { today, sameDayLastYear };
}

/** Of 29 February the 28th. */
export function yearBefore(date: string): string {
  const year = String(Number(date.slice(0, 4)) - 1).padStart(4, '0');
  return date.endsWith('-02-29') ? `${year}-02-28` : `${year}${date.slice(4)}`;
}
