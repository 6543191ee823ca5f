// What a window remembers of a field, by kind. Merging is exact, commutative and associative: the same readings give
// the same aggregate in any order and grouping. Numbers are in millionths (exact.ts), times ms since 1970.

import type { FieldKind, Value } from '@wattline/protocols';
import { addSum, addUnits, type ExactSum, toUnits } from './exact.ts';

export interface Gauge extends ExactSum {
  readonly kind: 'gauge';
  count: number;
  min: number;
  max: number;
}

/** The sum is what the counter grew by (growth.ts). Growth may come without a reading: from ∞ to −∞. */
export interface Counter extends ExactSum {
  readonly kind: 'counter';
  firstMs: number;
  first: number;
  lastMs: number;
  last: number;
}

export interface Text {
  readonly kind: 'state' | 'info';
  lastMs: number;
  last: string;
}

export interface Flag {
  readonly kind: 'flag';
  lastMs: number;
  last: boolean;
}

export interface Flags {
  readonly kind: 'flags';
  lastMs: number;
  last: readonly string[];
  /** Every name that was set, once, in alphabetical order. */
  union: readonly string[];
}

export type Aggregate = Gauge | Counter | Text | Flag | Flags;

/** Why a value is not merged: it is not of its field's kind, or beyond a bound. */
export type LeftOut = 'type' | 'size';

/** Names in a union: the first in alphabetical order, so that the bound does not depend on the order of arrival. */
const unionNamesMax = 64;
export const textLengthMax = 256;

/** The kind of a field that no definition has. */
export function kindOfValue(value: Exclude<Value, null>): FieldKind {
  if (typeof value === 'number') return 'gauge';
  if (typeof value === 'string') return 'state';
  return typeof value === 'boolean' ? 'flag' : 'flags';
}

/** The aggregate of one value. Counters are not made from one value: what they grew by needs their neighbours. */
export function aggregateOf(
  kind: Exclude<FieldKind, 'counter'>,
  value: Exclude<Value, null>,
  timeMs: number,
): Aggregate | LeftOut {
  switch (kind) {
    case 'gauge': {
      if (typeof value !== 'number') return 'type';
      const units = toUnits(value);
      return units === undefined ? 'size' : { kind, count: 1, high: 0, low: units, min: units, max: units };
    }
    case 'state':
    case 'info':
      if (typeof value !== 'string') return 'type';
      return value.length > textLengthMax ? 'size' : { kind, lastMs: timeMs, last: value };
    case 'flag':
      return typeof value === 'boolean' ? { kind, lastMs: timeMs, last: value } : 'type';
    case 'flags': {
      if (typeof value !== 'object') return 'type';
      if (value.length > unionNamesMax || value.some((name) => name.length > textLengthMax)) return 'size';
      return { kind, lastMs: timeMs, last: value, union: unite([], value) };
    }
  }
}

/** Adds a value to an aggregate of its kind. */
export function addValue(
  aggregate: Exclude<Aggregate, Counter>,
  value: Exclude<Value, null>,
  timeMs: number,
): LeftOut | undefined {
  if (aggregate.kind === 'gauge' && typeof value === 'number') {
    const units = toUnits(value);
    if (units === undefined) return 'size';
    aggregate.count++;
    addUnits(aggregate, units);
    if (units < aggregate.min) aggregate.min = units;
    if (units > aggregate.max) aggregate.max = units;
    return undefined;
  }
  const one = aggregateOf(aggregate.kind, value, timeMs);
  if (typeof one === 'string') return one;
  merge(aggregate, one);
  return undefined;
}

/**
 * Merges another aggregate of the same field into one. Of two values of the same time the greater is the last, and
 * the smaller the first: the order of arrival must not decide.
 */
export function merge(into: Aggregate, from: Aggregate): void {
  if (into.kind === 'gauge' && from.kind === 'gauge') {
    into.count += from.count;
    addSum(into, from);
    into.min = Math.min(into.min, from.min);
    into.max = Math.max(into.max, from.max);
  } else if (into.kind === 'counter' && from.kind === 'counter') {
    addSum(into, from);
    if (from.firstMs < into.firstMs || (from.firstMs === into.firstMs && from.first < into.first)) {
      into.firstMs = from.firstMs;
      into.first = from.first;
    }
    takeLater(into, from);
  } else if (into.kind === 'flags' && from.kind === 'flags') {
    into.union = unite(into.union, from.union);
    if (from.lastMs > into.lastMs || (from.lastMs === into.lastMs && joined(from.last) > joined(into.last))) {
      into.lastMs = from.lastMs;
      into.last = from.last;
    }
  } else if (into.kind === 'flag' && from.kind === 'flag') {
    takeLater(into, from);
  } else if ((into.kind === 'state' || into.kind === 'info') && from.kind === into.kind) {
    takeLater(into, from);
  } else {
    throw new Error(`a ${from.kind} cannot be merged into a ${into.kind}`);
  }
}

interface Latest<Last> {
  lastMs: number;
  last: Last;
}

function takeLater<Last extends number | string | boolean>(into: Latest<Last>, from: Latest<Last>): void {
  if (from.lastMs > into.lastMs || (from.lastMs === into.lastMs && from.last > into.last)) {
    into.lastMs = from.lastMs;
    into.last = from.last;
  }
}

const joined = (names: readonly string[]): string => names.join('\0');

function unite(union: readonly string[], names: readonly string[]): readonly string[] {
  if (names.every((name) => union.includes(name))) return union;
  return [...new Set([...union, ...names])].sort().slice(0, unionNamesMax);
}
