// Arithmetic on ranges of sequences; pure.

import type { SequenceRange } from './entry.ts';

interface Sequenced {
  readonly stream: string;
  readonly sequence: number;
}

/** Neighbouring sequences joined, in the order of their first appearance. */
export function toRanges(entries: Iterable<Sequenced>): SequenceRange[] {
  const ranges: SequenceRange[] = [];
  for (const { stream, sequence } of entries) {
    addRange(ranges, { stream, from: sequence, to: sequence });
  }
  return ranges;
}

/** Appends a range, joined to the last one where it continues it. */
export function addRange(ranges: SequenceRange[], range: SequenceRange): void {
  const last = ranges.at(-1);
  if (last?.stream === range.stream && range.from >= last.from && range.from <= last.to + 1) {
    ranges[ranges.length - 1] = { ...last, to: Math.max(last.to, range.to) };
  } else {
    ranges.push(range);
  }
}

/** What is left of the ranges when others are taken away. */
export function subtractRanges(
  ranges: readonly SequenceRange[],
  taken: readonly SequenceRange[],
): SequenceRange[] {
  const takenByStream = Map.groupBy(taken, ({ stream }) => stream);
  return ranges.flatMap((range) =>
    (takenByStream.get(range.stream) ?? []).reduce<SequenceRange[]>(
      (left, away) => left.flatMap((part) => without(part, away)),
      [range],
    ),
  );
}

function without(range: SequenceRange, away: SequenceRange): SequenceRange[] {
  if (away.from > range.to || away.to < range.from) return [range];
  const before = { ...range, to: away.from - 1 };
  const after = { ...range, from: away.to + 1 };
  return [before, after].filter(({ from, to }) => from <= to);
}

/** Membership in a set of ranges. */
export function rangesIndex(ranges: readonly SequenceRange[]): (entry: Sequenced) => boolean {
  const byStream = Map.groupBy(ranges, ({ stream }) => stream);
  return ({ stream, sequence }) =>
    byStream.get(stream)?.some(({ from, to }) => from <= sequence && sequence <= to) ?? false;
}
