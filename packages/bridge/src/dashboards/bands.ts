// Which tier answers for which time range: the finest that has no more than about a thousand points in it, and where its
// time to keep is over the next that still holds them. InfluxQL has no "if", but it reckons with literals before it looks
// for data, and there n % m and n / n are enough: 0 / 0 is 0. A query whose turn it is not asks for no time at all.

import type { Source } from './place.ts';

export interface Band {
  readonly source: Source;
  /** Follows WHERE … AND. */
  readonly condition: string;
  /** Ranges from this on, in ms. */
  readonly fromMs: number;
}

const pointsMax = 1_000;
/** Raw readings come about so often. */
const rawSeconds = 20;
/** Clocks of the store and of the browser differ. */
const marginMs = 86_400_000;

// Grafana puts the ends of the time range here, ms since 1970.
const range = '($__to - $__from)';

export function bandsOf(sources: readonly Source[]): readonly Band[] {
  const fromMs = sources.map((_, index) => {
    const finer = sources[index - 1];
    return finer === undefined ? 0 : Math.max(finer.every, rawSeconds) * pointsMax * 1_000;
  });
  return sources.map((source, index) => {
    const finer = sources[index - 1];
    const nextFromMs = fromMs[index + 1];
    const conditions = [
      ...(source.keepMs === null ? [] : [`time >= now() - ${source.keepMs}ms`]),
      ...(nextFromMs === undefined ? [] : [`time > \${__from}ms + 1ms * ${range} * ${isFrom(nextFromMs)}`]),
      ...olderThan(finer, fromMs[index] ?? 0),
    ];
    return { source, fromMs: fromMs[index] ?? 0, condition: conditions.join(' AND ') };
  });
}

/** In shorter ranges a tier answers only for what the finer one holds no more. */
function olderThan(finer: Source | undefined, fromMs: number): readonly string[] {
  if (finer === undefined) return [];
  if (finer.keepMs === null) return [`time < 0ms + ${farMs}ms * ${isFrom(fromMs)}`];
  return [`time < now() - ${finer.keepMs}ms + ${finer.keepMs + marginMs}ms * ${isFrom(fromMs)}`];
}

/** The year 2200. */
const farMs = 7_258_118_400_000;

/** 1 when the range is so long, else 0. */
function isFrom(ms: number): string {
  const whole = `(${range} - ${range} % ${ms})`;
  return `(${whole} / ${whole})`;
}
