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
export function drawnSeries(view: SeriesView, silenceMs: number, sign: 1 | -1, until: number): Drawn {
  const drawn: Drawn = { times: [], means: [], lows: [], highs: [], gaps: [] };
  const half = view.every * 500;
  let last: number | undefined;
  const lift = (from: number, to: number): void => {
    drawn.gaps.push([from, to]);
    push(drawn, (from + to) / 2, null, null, null);
  };
  // Before the very first reading nothing is missing; after it silence from the edge of the range on counts.
  const begin = Math.max(view.from, view.first ?? view.from);
  for (const point of view.points) {
    const value = meanOf(point);
    if (value === undefined) continue;
    const time = point.time + half;
    if (last === undefined && point.time - begin > silenceMs) drawn.gaps.push([begin, point.time]);
    if (last !== undefined && time - last > silenceMs) lift(last + half, time - half);
    const [low, high] = edges(point, value, sign);
    push(drawn, time, value * sign, low, high);
    last = time;
  }
  if (last !== undefined && until - last > silenceMs + half) drawn.gaps.push([last + half, until]);
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
