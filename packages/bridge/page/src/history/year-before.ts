// Points of a year ago, laid over this year at the same local time.

import type { SeriesView } from '../../../src/web/api.ts';
import { sameTimeInYear } from '../format/zone.ts';

const hourMs = 3600_000;

/** The series with every time moved a year ahead; what has no place of its own there (29 February) is left out. */
export function movedToThisYear(view: SeriesView, zone: string): SeriesView {
  // Clocks change on the hour: within one all moments move by the same.
  const shifts = new Map<number, number>();
  const moved = (time: number): number => {
    const hour = Math.floor(time / hourMs);
    let shift = shifts.get(hour);
    if (shift === undefined) {
      shift = sameTimeInYear(hour * hourMs, zone, 1) - hour * hourMs;
      shifts.set(hour, shift);
    }
    return time + shift;
  };
  let last = Number.NEGATIVE_INFINITY;
  const points = view.points.flatMap((point) => {
    const time = moved(point.time);
    if (time <= last) return [];
    last = time;
    return [{ ...point, time }];
  });
  const { first, ...rest } = view;
  return {
    ...rest,
    ...(first === undefined ? {} : { first: moved(first) }),
    from: moved(view.from),
    to: moved(view.to),
    points,
  };
}
