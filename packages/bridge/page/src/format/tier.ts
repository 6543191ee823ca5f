// What a tier is called.

import type { Words } from '../words/words.ts';

const seconds: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600, d: 86_400 };

/** 30m → 30 min; a tier with another name keeps it. */
export function tierName({ say, span }: Words, tier: string): string {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(tier) ?? [];
  if (count === undefined) return tier;
  return unit === 'd' ? say('d', count) : span(Number(count) * (seconds[unit] ?? 1));
}
