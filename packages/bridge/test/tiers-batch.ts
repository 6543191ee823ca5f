// The tiers by their definition: one computation over all readings, sorted by time, with none of the program's code.

import type { Value } from '@wattline/protocols';
import type { StoredReading } from '../src/message.ts';

export type Batch = Map<string, Record<string, Value | undefined>>;
type Kind = 'gauge' | 'counter' | 'text' | 'flag' | 'flags';

const millionths = (value: Value): bigint => BigInt(Math.round(Number(value) * 1e6));
const quotient = (sum: bigint, count: number): number => Number(sum) / (count * 1e6);

export interface BatchOptions {
  readonly kinds: { readonly [field: string]: Kind };
  /** Seconds. */
  readonly every: readonly number[];
  readonly timeZone: string;
}

/** By `tier series window field`. Windows are named by their start, days by their date. */
export function batchOf(readings: readonly StoredReading[], options: BatchOptions): Batch {
  const batch: Batch = new Map();
  const date = new Intl.DateTimeFormat('sv-SE', { timeZone: options.timeZone });
  const tiers = [
    ...options.every.map((seconds) => ({
      name: `${seconds}`,
      window: (timeMs: number) => `${timeMs - (timeMs % (seconds * 1_000))}`,
    })),
    { name: 'day', window: (timeMs: number) => date.format(timeMs) },
  ];
  const windows = new Map<string, { kind: Kind; values: Exclude<Value, null>[]; growth: bigint }>();
  const previous = new Map<string, bigint>();
  for (const { series, timeMs, values } of sorted(readings, options.kinds)) {
    for (const [field, value] of Object.entries(values)) {
      const kind = options.kinds[field];
      if (value === null || kind === undefined) continue;
      const key = `${series.topic} ${field}`;
      let growth = 0n;
      if (kind === 'counter') {
        const [before, now] = [previous.get(key), millionths(value)];
        growth = before === undefined ? 0n : now >= before ? now - before : now;
        previous.set(key, now);
      }
      for (const { name, window } of tiers) {
        const id = `${name} ${series.topic} ${window(timeMs)} ${field}`;
        const found = windows.get(id) ?? { kind, values: [], growth: 0n };
        found.values.push(value);
        found.growth += growth;
        windows.set(id, found);
      }
    }
  }
  for (const [id, { kind, values, growth }] of windows) batch.set(id, summaryOf(kind, values, growth));
  return batch;
}

function summaryOf(kind: Kind, values: readonly Exclude<Value, null>[], growth: bigint) {
  const last = values.at(-1);
  switch (kind) {
    case 'gauge': {
      const sum = values.map(millionths).reduce((all, one) => all + one, 0n);
      return {
        mean: quotient(sum, values.length),
        min: Math.min(...values.map(Number)),
        max: Math.max(...values.map(Number)),
      };
    }
    case 'counter':
      return { last, increase: quotient(growth, 1) };
    case 'flags':
      return { last, bits: [...new Set(values.flatMap((names) => names as string[]))].sort() };
    default:
      return { last };
  }
}

/** Field by field, by time; at the same time the value decides. */
function sorted(
  readings: readonly StoredReading[],
  kinds: BatchOptions['kinds'],
): readonly Pick<StoredReading, 'series' | 'timeMs' | 'values'>[] {
  const compare = (a: Value, b: Value): number => {
    const [left, right] = [a, b].map((value) => (Array.isArray(value) ? value.join('\0') : (value ?? '')));
    return left === right ? 0 : (left ?? '') < (right ?? '') ? -1 : 1;
  };
  return readings
    .flatMap(({ series, timeMs, values }) =>
      Object.entries(values).map(([field, value]) => ({ series, timeMs, field, value })),
    )
    .filter(({ field }) => kinds[field] !== undefined)
    .toSorted((a, b) => compare(a.field, b.field) || a.timeMs - b.timeMs || compare(a.value, b.value))
    .map(({ field, value, ...rest }) => ({ ...rest, values: { [field]: value } }));
}
