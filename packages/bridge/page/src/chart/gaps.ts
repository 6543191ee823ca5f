// Where a device says nothing for longer than two intervals, a line would be a lie: the pen is lifted, the stretch hatched.

import type { SeriesPoint, SeriesView } from '../../../src/web/api.ts';

export type Gap = readonly [number, number];

export interface Drawn {
  readonly times: number[];
  readonly means: (number | null)[];
  readonly lows: (number | null)[];
  readonly highs: (number | null)[];
}

const intervalsMax = 2;

/** The longest silence that is none, ms. */
export const silenceMsOf = (every: number, intervalSeconds: number | undefined): number =>
  intervalsMax * 1000 * Math.max(every, intervalSeconds ?? 0, 1);

/**
 * The stretches in which none of a device's series has a point. Several, because one value can be unknown for hours
 * while the device speaks: what it does not know is no silence.
 */
export function silencesOf(
  views: readonly (SeriesView | undefined)[],
  intervalSeconds: number | undefined,
): Gap[] {
  const known = views.filter((view) => view !== undefined);
  const [any] = known;
  if (any === undefined) return [];
  const silenceMs = silenceMsOf(Math.max(...known.map(({ every }) => every)), intervalSeconds);
  const spoken = known
    .flatMap(({ points, every }) => points.map(({ time }): Gap => [time, time + every * 1000]))
    .sort(([a], [b]) => a - b);
  const gaps: Gap[] = [];
  // Before the very first reading nothing is missing; after it silence from the edge of the range on counts.
  let spokenUntil = Math.max(any.from, any.first ?? any.from);
  for (const [from, to] of [...spoken, [any.to, any.to] as const]) {
    if (from - spokenUntil > silenceMs) gaps.push([spokenUntil, from]);
    spokenUntil = Math.max(spokenUntil, to);
  }
  return gaps;
}

/** Mean, lowest and highest of a series from the site's point of view; the pen is lifted where too long nothing is known. */
export function drawnSeries(view: SeriesView, silenceMs: number, sign: 1 | -1): Drawn {
  const drawn: Drawn = { times: [], means: [], lows: [], highs: [] };
  const windowMs = view.every * 1000;
  let knownUntil: number | undefined;
  for (const point of view.points) {
    const value = meanOf(point);
    if (value === undefined) continue;
    if (knownUntil !== undefined && point.time - knownUntil > silenceMs) {
      push(drawn, (knownUntil + point.time) / 2, null, null, null);
    }
    const [low, high] = edges(point, value, sign);
    push(drawn, point.time + windowMs / 2, value * sign, low, high);
    knownUntil = point.time + windowMs;
  }
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

/** Seen from the other side the edges change places. */
function edges({ min, max }: SeriesPoint, value: number, sign: 1 | -1): [number, number] {
  const low = typeof min === 'number' ? min : value;
  const high = typeof max === 'number' ? max : value;
  return sign === 1 ? [low, high] : [-high, -low];
}
