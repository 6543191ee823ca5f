// What a counter grew by in a span of time, such as a local day.

import type { SeriesKey } from '../message.ts';
import { addSum, quotient } from '../tiers/exact.ts';
import type { TierWindows } from '../tiers/flush.ts';
import type { History, Span } from './history.ts';
import { heldFromMs } from './series.ts';

/**
 * Sums windows: of the coarsest tier that begins with the span, and ends with it or has not ended yet; else of the finest.
 * `null`: nothing is stored of it.
 */
export function queryIncrease(
  history: History,
  tiers: readonly TierWindows[],
  key: SeriesKey,
  name: string,
  span: Span,
  nowMs: number,
): number | null {
  return history.snapshot(() => {
    const series = history.series(key);
    const field = series?.fields.get(name);
    if (series === undefined || field?.kind !== 'counter') return null;
    const { fromMs, toMs } = span;
    const sinceMs = Math.max(fromMs, series.firstMs);
    const reaching = tiers.filter((tier) => sinceMs >= heldFromMs(history, series, tier, nowMs));
    const fits = ({ windows }: TierWindows): boolean =>
      windows.start(fromMs) === fromMs && (windows.start(toMs) === toMs || windows.end(toMs) > nowMs);
    const tier = reaching.findLast(fits) ?? reaching[0];
    if (tier === undefined) return null;
    const sum = { high: 0, low: 0 };
    const found = history.field(series, field, tier, span);
    for (const { aggregate } of found) if (aggregate.kind === 'counter') addSum(sum, aggregate);
    return found.length === 0 ? null : quotient(sum, 1);
  });
}
