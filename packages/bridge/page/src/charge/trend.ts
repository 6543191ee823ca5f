// Where the state of charge is going: the last hour's way, and how long it takes at this rate.

export type Trend =
  | { readonly way: 'unknown' }
  | { readonly way: 'steady'; readonly perHour: number }
  | { readonly way: 'rising' | 'falling'; readonly perHour: number; readonly seconds: number };

export interface ChargePoint {
  readonly time: number;
  readonly charge: number;
}

const hourMs = 3600_000;
/** Less history than this tells no rate. */
const leastMs = hourMs / 3;
/** % per hour below which nothing is foretold. */
const steadyBelow = 2;

/** `points` in the order of time, the newest last; `now` of the newest value. */
export function trendOf(points: readonly ChargePoint[], now: ChargePoint): Trend {
  const before = points.find(({ time }) => time >= now.time - hourMs);
  if (before === undefined || now.time - before.time < leastMs) return { way: 'unknown' };
  const perHour = ((now.charge - before.charge) / (now.time - before.time)) * hourMs;
  if (Math.abs(perHour) < steadyBelow) return { way: 'steady', perHour };
  const way = perHour > 0 ? 'rising' : 'falling';
  const left = perHour > 0 ? 100 - now.charge : now.charge;
  return { way, perHour, seconds: (left / Math.abs(perHour)) * 3600 };
}

/** The dashed way ahead: on at this rate to full or empty, level from there, to `until`. */
export function wayAhead(now: ChargePoint, trend: Trend, until: number): ChargePoint[] {
  if (trend.way !== 'rising' && trend.way !== 'falling') return [];
  const end = trend.way === 'rising' ? 100 : 0;
  const arrival = now.time + trend.seconds * 1000;
  if (arrival >= until) {
    return [now, { time: until, charge: now.charge + (trend.perHour * (until - now.time)) / hourMs }];
  }
  return [now, { time: arrival, charge: end }, { time: until, charge: end }];
}
