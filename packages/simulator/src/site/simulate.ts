// A model whose time only moves forward, in steps small enough for its physics.

export interface Timing {
  readonly startMs: number;
  /** The same seed tells the same story. */
  readonly seed: number;
  /** What the site's wall clock is ahead of UTC. */
  readonly localOffsetMs: number;
}

export interface Simulated<Moment> {
  /** What is measured at a time; a time before the last one asked gives the last moment again. */
  readonly at: (timeMs: number) => Moment;
}

/** A stretch of time, on the wall clock of the site. */
export interface Stretch {
  readonly localMs: number;
  readonly beforeMs: number;
  readonly elapsedMs: number;
}

const stepMs = 30_000;
const dayMs = 86_400_000;
const hourMs = 3_600_000;

export const hoursOf = ({ elapsedMs }: Stretch): number => elapsedMs / hourMs;

export const isNewDay = ({ localMs, beforeMs }: Stretch): boolean =>
  Math.floor(localMs / dayMs) !== Math.floor(beforeMs / dayMs);

export function simulate<Moment>(
  { startMs, localOffsetMs }: Timing,
  step: (stretch: Stretch) => void,
  show: (localMs: number) => Moment,
): Simulated<Moment> {
  let nowMs = startMs - stepMs;
  const advance = (toMs: number): void => {
    step({ localMs: toMs + localOffsetMs, beforeMs: nowMs + localOffsetMs, elapsedMs: toMs - nowMs });
    nowMs = toMs;
  };
  return {
    at(timeMs) {
      while (nowMs + stepMs <= timeMs) advance(nowMs + stepMs);
      if (nowMs < timeMs) advance(timeMs);
      return show(nowMs + localOffsetMs);
    },
  };
}
