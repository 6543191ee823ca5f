// How old the newest reading of each device is, and what is thought of it, written into a store every minute: silence makes
// no readings, so without it a store knows nothing of it. Beside the readings and never instead of one: what a store does not
// take is not kept, the next minute says it anew.

import type { SeriesKey } from '../message.ts';
import type { DeviceState } from '../web/api.ts';
import { tagsOf } from './point.ts';
import type { Point, Sink } from './sink.ts';

/** How a device stands at one moment. */
export interface Standing {
  readonly series: SeriesKey;
  readonly site: string | undefined;
  readonly state: DeviceState;
  /** Time of the newest reading. */
  readonly timeMs: number;
}

/** The measurement; no device kind has its name. */
export const agesMeasurement = 'wattline_device';

export function agePoints(standing: readonly Standing[], nowMs: number): readonly Point[] {
  return standing.map(({ series, site, state, timeMs }) => ({
    tier: 'raw',
    measurement: agesMeasurement,
    tags: tagsOf(series, site),
    fields: { age: Math.max(0, (nowMs - timeMs) / 1000), state },
    timeMs: nowMs,
  }));
}

export interface Ages {
  /** Points since the start; missed: the store did not take them, or was still busy with those of the minute before. */
  counts(): { readonly written: number; readonly missed: number };
  /** Nothing is begun any more. */
  stop(): void;
}

interface AgesParts {
  readonly sink: Pick<Sink, 'prepare' | 'write'>;
  /** Of this moment. */
  readonly points: () => readonly Point[];
  readonly everyMs?: number;
}

const everyMsUsual = 60_000;

export function startAges({ sink, points, everyMs = everyMsUsual }: AgesParts): Ages {
  let written = 0;
  let missed = 0;
  let isBusy = false;

  const write = async (now: readonly Point[]): Promise<void> => {
    isBusy = true;
    try {
      await sink.prepare?.();
      await sink.write(now);
      written += now.length;
    } catch {
      // The readings meet the same store, and say what is wrong with it.
      missed += now.length;
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(() => {
    const now = points();
    if (isBusy) missed += now.length;
    else if (now.length > 0) void write(now);
  }, everyMs);
  return { counts: () => ({ written, missed }), stop: () => clearInterval(timer) };
}
