// States over time: stretches of one word while they can be told apart, shares of each column of days beyond.

import type { SeriesPoint, SeriesView } from '../../../src/web/api.ts';

export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** `undefined`: no readings. */
  readonly state: string | undefined;
}

export interface Column {
  readonly from: number;
  readonly to: number;
  /** 0 to 1, together at most 1. */
  readonly shares: ReadonlyMap<string, number>;
}

/** Words that say that nothing goes on; they take no colour. */
const quiet = new Set(['off', 'none', 'no', 'idle', 'standby', 'unknown']);
const huesMax = 6;
const columnsMax = 120;

function stateOf({ last, bits }: SeriesPoint): string | undefined {
  if (bits !== undefined) return bits.length === 0 ? 'none' : bits.join(', ');
  if (typeof last === 'boolean') return last ? 'yes' : 'no';
  if (Array.isArray(last)) return last.length === 0 ? 'none' : last.join(', ');
  return last === undefined || last === null ? undefined : String(last);
}

/** `silenceMs`: the longest silence that is none. */
export function stretchesOf({ points, to }: SeriesView, silenceMs: number): Stretch[] {
  const stretches: Stretch[] = [];
  const add = (from: number, until: number, state: string | undefined): void => {
    const last = stretches.at(-1);
    if (last?.state === state && last?.to === from) stretches[stretches.length - 1] = { ...last, to: until };
    else stretches.push({ from, to: until, state });
  };
  points.forEach((point, index) => {
    const next = points[index + 1]?.time ?? to;
    if (next - point.time <= silenceMs) add(point.time, next, stateOf(point));
    else {
      add(point.time, point.time + silenceMs / 2, stateOf(point));
      add(point.time + silenceMs / 2, next, undefined);
    }
  });
  return stretches;
}

export function columnsOf({ points, from, to }: SeriesView): Column[] {
  const width = (to - from) / columnsMax;
  const counts = Array.from({ length: columnsMax }, () => new Map<string, number>());
  for (const point of points) {
    const state = stateOf(point);
    const column = counts[Math.min(columnsMax - 1, Math.floor((point.time - from) / width))];
    if (state !== undefined && column) column.set(state, (column.get(state) ?? 0) + 1);
  }
  return counts.map((column, index) => {
    const total = [...column.values()].reduce((sum, count) => sum + count, 0) || 1;
    return {
      from: from + index * width,
      to: from + (index + 1) * width,
      shares: new Map([...column].map(([state, count]) => [state, count / total])),
    };
  });
}

/** A place in the palette for each state, the same for the same set of words; 0 is no colour. */
export function paletteOf(points: readonly SeriesPoint[]): ReadonlyMap<string, number> {
  const states = [...new Set(points.flatMap((point) => stateOf(point) ?? []))].sort();
  const loud = states.filter((state) => !quiet.has(state));
  return new Map(states.map((state) => [state, quiet.has(state) ? 0 : (loud.indexOf(state) % huesMax) + 1]));
}
