// The history of one field for a chart: from the finest tier that gives at most so many points.

import type { FieldKind, Value } from '@wattline/protocols';
import { merge } from '../tiers/aggregate.ts';
import type { TierWindows } from '../tiers/flush.ts';
import { publish } from '../tiers/published.ts';
import type { FieldState, SeriesState } from '../tiers/series-state.ts';
import { everySeconds, tierName } from '../tiers/tier.ts';
import type { SeriesPoint } from '../web/api.ts';
import type { SeriesAnswer, SeriesQuestion } from '../web/queries.ts';
import type { History, Span } from './history.ts';
import type { FieldWindow } from './unmerged.ts';

/** Of what a tier keeps, so much may be missing at the old end: it is about to go, or has just gone. */
const missingShareMax = 0.01;

/** Looking for raw readings among those of many other series stops after it; windows are found by key. */
const rawMsMax = 250;

export interface Times {
  readonly nowMs: number;
  /** Of any clock that only goes forward. */
  readonly monotonicMs: () => number;
}

/** `tiers`: the finest first. */
export function querySeries(
  history: History,
  tiers: readonly TierWindows[],
  question: SeriesQuestion,
  times: Times,
): SeriesAnswer {
  return history.snapshot(() => answerSeries(history, tiers, question, times));
}

function answerSeries(
  history: History,
  tiers: readonly TierWindows[],
  { series: key, field: name, fromMs, toMs, pointsMax }: SeriesQuestion,
  times: Times,
): SeriesAnswer {
  const series = history.series(key);
  const field = series?.fields.get(name);
  if (series === undefined || field === undefined) return { tier: 'raw', everySeconds: 0, points: [] };
  const answer = { kind: field.kind, firstMs: series.firstMs };
  const asked = { series, field, span: { fromMs, toMs }, pointsMax };
  const raw = rawPoints(history, asked, times.monotonicMs);
  if (raw !== undefined) return { ...answer, tier: 'raw', everySeconds: 0, points: raw };

  const found = fittingWindows(history, reachingTiers(history, tiers, asked, times.nowMs), asked);
  if (found === undefined) return { ...answer, tier: 'raw', everySeconds: 0, points: [] };
  const { tier, windows } = found;
  const { merged, factor } = mergeToFit(windows, everySeconds(tier.every), pointsMax);
  const heldMs = heldFromMs(history, series, tier, times.nowMs);
  return {
    ...answer,
    ...(heldMs > series.firstMs ? { heldFromMs: heldMs } : {}),
    tier: tierName(tier.every),
    everySeconds: everySeconds(tier.every) * factor,
    points: merged.map(({ startMs, aggregate }) => ({
      time: startMs,
      ...publish(aggregate, series.definition, name),
    })),
  };
}

interface AskedField {
  readonly series: SeriesState;
  readonly field: FieldState;
  readonly span: Span;
  readonly pointsMax: number;
}

/** Since when a tier has every window of a series: before that it is past its time to keep, or was not configured. */
export function heldFromMs(
  history: History,
  series: SeriesState,
  { every, keepMs, windows }: TierWindows,
  nowMs: number,
): number {
  const keptMs = keepMs === null ? 0 : windows.start(nowMs - keepMs);
  return Math.max(keptMs, history.heldFromMs(series, every) ?? 0);
}

/** Tiers that have all of a span; else those that reach back the farthest. */
function reachingTiers(
  history: History,
  tiers: readonly TierWindows[],
  { series, span }: AskedField,
  nowMs: number,
): readonly TierWindows[] {
  const sinceMs = Math.max(span.fromMs, series.firstMs);
  const held = tiers.map((tier) => ({ tier, fromMs: heldFromMs(history, series, tier, nowMs) }));
  const reaching = held.filter(({ tier, fromMs }) => {
    const isMade = sinceMs >= (history.heldFromMs(series, tier.every) ?? 0);
    return isMade && sinceMs >= fromMs - (tier.keepMs ?? 0) * missingShareMax;
  });
  if (reaching.length > 0) return reaching.map(({ tier }) => tier);
  const farthestMs = Math.min(...held.map(({ fromMs }) => fromMs));
  return held.flatMap(({ tier, fromMs }) => (fromMs === farthestMs ? [tier] : []));
}

/** Of the finest tier that has at most so many, else of the coarsest. */
function fittingWindows(
  history: History,
  candidates: readonly TierWindows[],
  { series, field, span: { fromMs, toMs }, pointsMax }: AskedField,
): { readonly tier: TierWindows; readonly windows: readonly FieldWindow[] } | undefined {
  const coarsest = candidates.at(-1);
  for (const tier of candidates) {
    const span = { fromMs: tier.windows.start(fromMs), toMs };
    const isLast = tier === coarsest;
    if (!isLast && history.countWindows(series, tier.every, span, pointsMax + 1) > pointsMax) continue;
    const windows = history.field(series, field, tier, span);
    if (isLast || windows.length <= pointsMax) return { tier, windows };
  }
  return undefined;
}

/** `undefined`: there are too many, or the log does not reach back so far. */
function rawPoints(
  history: History,
  { series, field, span, pointsMax }: AskedField,
  monotonicMs: () => number,
): readonly SeriesPoint[] | undefined {
  const { firstMs, newestMs } = series;
  // What lies outside of the series' own time takes no points.
  const fromMs = Math.max(span.fromMs, firstMs);
  const lengthMs = Math.min(span.toMs, newestMs) - fromMs;
  if (lengthMs / intervalMsOf(history, series) > pointsMax || !history.rawReaches(fromMs)) return undefined;
  const points: SeriesPoint[] = [];
  let previous: number | undefined;
  const startedMs = monotonicMs();
  for (const { timeMs, values } of history.raw(series.key, span)) {
    if (monotonicMs() - startedMs > rawMsMax) return undefined;
    const value = values[field.name];
    if (value === undefined) continue;
    const point = pointOf(field.kind, value, previous);
    if (point === undefined) continue;
    if (points.length >= pointsMax) return undefined;
    points.push({ time: timeMs, ...point });
    if (field.kind === 'counter' && typeof value === 'number') previous = value;
  }
  return points;
}

/** As planned, or as the device has kept to it; ∞: nobody knows. */
function intervalMsOf(
  history: History,
  { key, intervalSeconds = Number.POSITIVE_INFINITY, firstMs, newestMs }: SeriesState,
): number {
  return Math.max(intervalSeconds * 1_000, (newestMs - firstMs) / history.readings(key));
}

/** A reading as a window of its own; `undefined`: it is of another type than its field. */
function pointOf(
  kind: FieldKind,
  value: Value,
  previous: number | undefined,
): Omit<SeriesPoint, 'time'> | undefined {
  switch (kind) {
    case 'gauge':
      return value === null || typeof value === 'number'
        ? { mean: value, min: value, max: value }
        : undefined;
    case 'counter': {
      if (value === null) return { last: null, increase: null };
      if (typeof value !== 'number') return undefined;
      if (previous === undefined) return { last: value, increase: null };
      return { last: value, increase: value >= previous ? value - previous : value };
    }
    case 'flags':
      if (value === null) return { last: null };
      return typeof value === 'object' ? { last: value, bits: value } : undefined;
    default:
      return { last: value };
  }
}

/** Where even the coarsest tier has too many windows, neighbours are merged. */
function mergeToFit(
  windows: readonly FieldWindow[],
  seconds: number,
  pointsMax: number,
): { readonly merged: readonly FieldWindow[]; readonly factor: number } {
  if (windows.length <= pointsMax) return { merged: windows, factor: 1 };
  for (let factor = Math.ceil(windows.length / pointsMax); ; factor += Math.ceil(factor / 8)) {
    // Counted from 1970, so that the same windows are merged whatever the span.
    const groups = Map.groupBy(windows, ({ startMs }) => Math.floor(startMs / (seconds * 1_000 * factor)));
    if (groups.size > pointsMax) continue;
    const merged = [...groups.values()].flatMap(mergeAll);
    return { merged, factor };
  }
}

function mergeAll([first, ...others]: readonly FieldWindow[]): FieldWindow[] {
  if (first === undefined) return [];
  for (const { aggregate } of others) merge(first.aggregate, aggregate);
  return [first];
}
