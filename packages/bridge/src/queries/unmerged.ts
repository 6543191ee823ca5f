// What waits in the cells of a series, as windows of one field; nothing is taken out of them.

import { type Aggregate, merge } from '../tiers/aggregate.ts';
import { type CounterPoint, compareTimes, counterOf, type Growth, insertPoints } from '../tiers/growth.ts';
import { type FieldState, pendingPoints, type SeriesState } from '../tiers/series-state.ts';
import type { Windows } from '../tiers/windows.ts';

export interface FieldWindow {
  readonly startMs: number;
  readonly aggregate: Aggregate;
}

export function gatherField(series: SeriesState, field: FieldState, windows: Windows): FieldWindow[] {
  const growths = growthsOf(field).map((growth) => ({
    startMs: windows.start(growth.point.timeMs),
    aggregate: counterOf(growth),
  }));
  const cells = [...series.cells].flatMap(([cellMs, row]) => {
    const aggregate = row[field.id];
    return aggregate === undefined ? [] : [{ startMs: windows.start(cellMs), aggregate: { ...aggregate } }];
  });
  return mergeWindows([], [...cells, ...growths]);
}

/** Windows in the order of time, each once. Aggregates of the same window are merged into the first. */
export function mergeWindows(
  windows: readonly FieldWindow[],
  further: readonly FieldWindow[],
): FieldWindow[] {
  const byStart = new Map(windows.map((window) => [window.startMs, window]));
  for (const window of further) {
    const known = byStart.get(window.startMs);
    if (known === undefined) byStart.set(window.startMs, window);
    else merge(known.aggregate, window.aggregate);
  }
  return [...byStart.values()].sort((a, b) => a.startMs - b.startMs);
}

/** A reading older than the newest in a window moves growth between windows when it is merged; until then it adds none. */
function growthsOf(field: FieldState): readonly Growth[] {
  const { newest } = field;
  const pending = pendingPoints(field);
  const isLate = (point: CounterPoint): boolean => newest !== undefined && compareTimes(point, newest) < 0;
  const late = pending.filter(isLate).map((point) => ({ point, units: 0, isKnown: false }));
  const added = pending.filter((point) => !isLate(point)).sort(compareTimes);
  return [...late, ...insertPoints({ previous: newest, known: [], added, next: undefined }).growths];
}
