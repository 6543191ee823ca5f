// Tiers: how fine history is kept, and for how long.

/** `day`: local days of the site's time zone; else seconds, aligned to UTC. */
export type Every = number | 'day';

export interface Tier {
  readonly every: Every;
  /** `null`: for ever. */
  readonly keepMs: number | null;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
export const dayMs = 24 * 60 * minuteMs;
const yearMs = 365 * dayMs;

/** What a bridge keeps unless told otherwise: raw readings, and tiers from the finest to the coarsest. */
export interface Retention {
  readonly rawMs: number;
  readonly tiers: readonly Tier[];
}

const tiers: readonly Tier[] = [
  { every: 120, keepMs: 7 * dayMs },
  { every: 300, keepMs: 30 * dayMs },
  { every: 1_800, keepMs: yearMs },
  { every: 7_200, keepMs: 10 * yearMs },
  { every: 'day', keepMs: null },
];

export const presets = {
  server: { rawMs: 7 * dayMs, tiers },
  pi: { rawMs: dayMs, tiers },
} as const satisfies { readonly [preset: string]: Retention };

/** A local day counts as 24 hours, though two of a year have 23 and 25. */
export const everySeconds = (every: Every): number => (every === 'day' ? dayMs / secondMs : every);

export const everyOf = (seconds: number): Every => (seconds === dayMs / secondMs ? 'day' : seconds);

/** `2m`, `30m`, `2h`, `1d`: the name in the configuration, in bucket names and in exports. */
export function tierName(every: Every): string {
  if (every === 'day') return '1d';
  if (every % 3_600 === 0) return `${every / 3_600}h`;
  return every % 60 === 0 ? `${every / 60}m` : `${every}s`;
}
