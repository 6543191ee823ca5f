// The day's watts of each node on one grid of time, from the series of the fields that flow.

import type { DeviceView, SeriesView, SiteView } from '../../../src/web/api.ts';
import { silenceMsOf } from '../chart/gaps.ts';
import type { Node } from '../device/sight.ts';

export interface FlowField {
  readonly node: Node;
  readonly sign: 1 | -1;
  readonly device: string;
  readonly field: string;
  /** Of the device, s. */
  readonly interval: number;
}

/** One node's watts on the grid of `stepMs` since the beginning of the day. */
export interface DaySum {
  /** `null`: nothing known. */
  readonly watts: readonly (number | null)[];
  /** Not all of the node's devices are in the sum. */
  readonly partial: readonly boolean[];
}

/** The day as far as it is known. */
export interface Day {
  readonly start: number;
  readonly end: number;
  /** When it was read. */
  readonly now: number;
  readonly sums: ReadonlyMap<Node, DaySum>;
  /** Beginning of the same local day a year ago. */
  readonly before: number;
  /** Of the sun, that day. */
  readonly lastYear: DaySum | undefined;
}

/** Wh; not `whole` when readings are missing: then it is the least that it can be. */
export interface DayEnergy {
  readonly energy: number;
  readonly whole: boolean;
}

export const nodes: readonly Node[] = ['sun', 'battery', 'load', 'grid'];

export const stepMs = 5 * 60_000;

export const stepAt = (time: number, start: number): number => Math.floor((time - start) / stepMs);

/** The fields whose watts the site counts, node by node. */
export function flowFields(
  watts: SiteView['watts'],
  devices: ReadonlyMap<string, DeviceView>,
): readonly FlowField[] {
  return watts.flatMap(({ node, devices: counted, stale = [] }) =>
    [...counted, ...stale].flatMap((id) => {
      const { values = {}, interval = 0 } = devices.get(id) ?? {};
      return Object.entries(values).flatMap(([field, { flow }]) =>
        flow?.node === node ? [{ node, sign: flow.sign, device: id, field, interval }] : [],
      );
    }),
  );
}

interface Part {
  readonly view: SeriesView | undefined;
  readonly flow: Pick<FlowField, 'sign' | 'interval'>;
}

interface Span {
  readonly start: number;
  readonly end: number;
  /** Steps that begin later are the future. */
  readonly until: number;
}

export function sumOnGrid(parts: readonly Part[], { start, end, until }: Span): DaySum | undefined {
  if (parts.length === 0 || parts.some(({ view }) => view === undefined)) return undefined;
  const steps = stepAt(end, start);
  const grids = parts.flatMap(({ view, flow }) => (view ? [onGrid(view, flow, start, steps)] : []));
  const watts: (number | null)[] = [];
  const partial: boolean[] = [];
  for (let step = 0; step < steps; step++) {
    const known = grids.flatMap((grid) => grid[step] ?? []);
    const isFuture = start + step * stepMs >= until;
    watts.push(isFuture || known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0));
    partial.push(!isFuture && known.length < grids.length);
  }
  return { watts, partial };
}

/** Each step's mean; a value holds until the next, unless the silence is too long to be none. */
function onGrid(
  { points, every }: SeriesView,
  { sign, interval }: Part['flow'],
  start: number,
  steps: number,
): number[] {
  const sums: number[] = [];
  const counts: number[] = [];
  const holdSteps = Math.max(1, Math.round(silenceMsOf(every, interval) / stepMs));
  for (const { time, mean } of points) {
    const step = stepAt(time, start);
    if (typeof mean !== 'number' || step < 0 || step >= steps) continue;
    sums[step] = (sums[step] ?? 0) + mean * sign;
    counts[step] = (counts[step] ?? 0) + 1;
  }
  const grid: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (let step = 0; step < steps; step++) {
    const count = counts[step];
    if (count !== undefined) {
      last = step;
      grid[step] = (sums[step] ?? 0) / count;
    } else if (step - last < holdSteps) grid[step] = grid[last] ?? 0;
  }
  return grid;
}

/** What went one way until `now`; +1 is supply, −1 use. */
export function energyOf({ watts, partial }: DaySum, way: 1 | -1, start: number, now: number): DayEnergy {
  // The two newest steps may not be stored yet.
  const past = Math.max(0, stepAt(now, start) - 2);
  const energy = watts.slice(0, past).reduce<number>((sum, each) => sum + Math.max(0, (each ?? 0) * way), 0);
  const isWhole = !partial.slice(0, past).includes(true);
  return { energy: (energy * stepMs) / 3600_000, whole: isWhole };
}

/** The stretches in which something is missing, ms. */
export function gapsOf(sums: readonly DaySum[], start: number): (readonly [number, number])[] {
  const gaps: [number, number][] = [];
  for (let step = 0; step < (sums[0]?.partial.length ?? 0); step++) {
    if (!sums.some(({ partial }) => partial[step])) continue;
    const from = start + step * stepMs;
    const last = gaps.at(-1);
    if (last?.[1] === from) last[1] = from + stepMs;
    else gaps.push([from, from + stepMs]);
  }
  return gaps;
}
