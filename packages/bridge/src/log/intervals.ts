// A set of whole numbers as ascending, disjoint, not touching intervals: [from, to, from, to, …], both ends included.

export type Intervals = number[];

/** Index of the first interval that ends at or after `number`. */
function find(set: Intervals, number: number): number {
  let low = 0;
  let high = set.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[2 * middle + 1] as number) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function includes(set: Intervals, number: number): boolean {
  const from = set[2 * find(set, number)];
  return from !== undefined && from <= number;
}

/** Whether all of `from` to `to` is in the set. */
export function covers(set: Intervals, from: number, to: number): boolean {
  const first = find(set, from);
  return 2 * first < set.length && (set[2 * first] as number) <= from && to <= (set[2 * first + 1] as number);
}

/** Adds `from` to `to`, joining what touches. */
export function insert(set: Intervals, from: number, to: number): void {
  // The usual case: the next of a stream.
  if (set.length > 0 && set[set.length - 1] === from - 1) {
    set[set.length - 1] = to;
    return;
  }
  const first = find(set, from - 1);
  let last = first;
  let joinedFrom = from;
  let joinedTo = to;
  while (2 * last < set.length && (set[2 * last] as number) <= to + 1) {
    joinedFrom = Math.min(joinedFrom, set[2 * last] as number);
    joinedTo = Math.max(joinedTo, set[2 * last + 1] as number);
    last++;
  }
  set.splice(2 * first, 2 * (last - first), joinedFrom, joinedTo);
}

/** Whether `number` would join or extend an interval, so that the set does not grow. */
export function touches(set: Intervals, number: number): boolean {
  const from = set[2 * find(set, number - 1)];
  return from !== undefined && from <= number + 1;
}

export const intervalCount = (set: Intervals): number => set.length / 2;

/** How many whole numbers from 0 up to the highest of both sets are in neither. */
export function countMissing(a: Intervals, b: Intervals): number {
  let missing = 0;
  let next = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const takeA = j >= b.length || (i < a.length && (a[i] as number) <= (b[j] as number));
    const set = takeA ? a : b;
    const at = takeA ? i : j;
    missing += Math.max(0, (set[at] as number) - next);
    next = Math.max(next, (set[at + 1] as number) + 1);
    if (takeA) i += 2;
    else j += 2;
  }
  return missing;
}

/** One more than the highest of both sets; 0 of empty ones. */
export const countUpTo = (a: Intervals, b: Intervals): number => Math.max(a.at(-1) ?? -1, b.at(-1) ?? -1) + 1;

/** How many whole numbers of `set` are not in `other`. */
export function countOnlyIn(set: Intervals, other: Intervals): number {
  let only = 0;
  for (let i = 0, j = 0; i < set.length; i += 2) {
    const from = set[i] as number;
    const to = set[i + 1] as number;
    only += to - from + 1;
    while (j < other.length && (other[j + 1] as number) < from) j += 2;
    for (let k = j; k < other.length && (other[k] as number) <= to; k += 2) {
      only -= Math.min(to, other[k + 1] as number) - Math.max(from, other[k] as number) + 1;
    }
  }
  return only;
}

/** As doubles, little-endian. */
export function encodeIntervals(set: Intervals): Uint8Array {
  const bytes = Buffer.alloc(8 * set.length);
  for (const [index, number] of set.entries()) bytes.writeDoubleLE(number, 8 * index);
  return bytes;
}

export function decodeIntervals(bytes: Uint8Array): Intervals {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 8 }, (_, index) => view.getFloat64(8 * index, true));
}
