// Where a series says nothing for longer than two intervals, a line would be a lie: the pen is lifted, the stretch hatched.

import type { SeriesPoint, SeriesView } from '../../../src/web/api.ts';

export type Gap = readonly [number, number];

export interface Drawn {
  readonly times: number[];
  readonly means: (number | null)[];
  readonly lows: (number | null)[];
  readonly highs: (number | null)[];
  readonly gaps: Gap[];
}

const intervalsMax = 2;

/** The longest silence that is none, ms. */
export const silenceMsOf = (every: number, intervalSeconds: number | undefined): number =>
  intervalsMax * 1000 * Math.max(every, intervalSeconds ?? 0, 1);

/** Mean, lowest and highest of a series from the site's point of view, the pen lifted in gaps. `sign` −1 swaps the edges. */
export function drawnSeries(view: SeriesView, silenceMs: number, sign: 1 | -1): Drawn {
  const drawn: Drawn = { times: [], means: [], lows: [], highs: [], gaps: [] };
  const windowMs = view.every * 1000;
  // Before the very first reading nothing is missing; after it silence from the edge of the range on counts.
  let spokenUntil = Math.max(view.from, view.first ?? view.from);
  let knownUntil: number | undefined;
  for (const point of view.points) {
    if (point.time - spokenUntil > silenceMs) drawn.gaps.push([spokenUntil, point.time]);
    spokenUntil = point.time + windowMs;
    const value = meanOf(point);
    // The device spoke and did not know: no line, but no silence either.
    if (value === undefined) continue;
    const time = point.time + windowMs / 2;
    if (knownUntil !== undefined && point.time - knownUntil > silenceMs) {
      push(drawn, (knownUntil + point.time) / 2, null, null, null);
    }
    const [low, high] = edges(point, value, sign);
    push(drawn, time, value * sign, low, high);
    knownUntil = spokenUntil;
  }
  if (view.to - spokenUntil > silenceMs) drawn.gaps.push([spokenUntil, view.to]);
  return drawn;
}

function push(
  drawn: Drawn,
  time: number,
  mean: number | null,
  low: number | null,
  high: number | null,
): void {
  drawn.times.push(time);
  drawn.means.push(mean);
  drawn.lows.push(low);
  drawn.highs.push(high);
}

function meanOf({ mean, last }: SeriesPoint): number | undefined {
  if (typeof mean === 'number') return mean;
  return typeof last === 'number' ? last : undefined;
}

function edges({ min, max }: SeriesPoint, value: number, sign: 1 | -1): [number, number] {
  const low = typeof min === 'number' ? min : value;
  const high = typeof max === 'number' ? max : value;
  return sign === 1 ? [low, high] : [-high, -low];
}
