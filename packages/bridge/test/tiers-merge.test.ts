import type { FieldKind, Value } from '@wattline/protocols';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Aggregate, addValue, aggregateOf, merge } from '../src/tiers/aggregate.ts';
import { cutIntoChunks, decodePoints, encodePoints } from '../src/tiers/counter-points.ts';
import { addUnits, fromUnits, quotient, toUnits, unitsMax } from '../src/tiers/exact.ts';
import { type CounterPoint, compareTimes, insertPoints } from '../src/tiers/growth.ts';
import { decodeRow, encodeRow, type Row } from '../src/tiers/row.ts';

type Kind = Exclude<FieldKind, 'counter'>;

const units = fc.oneof(
  fc.integer({ min: -unitsMax, max: unitsMax }),
  fc.integer({ min: -500_000, max: 500_000 }).map((hundredths) => hundredths * 10_000),
  fc.constantFrom(0, unitsMax, -unitsMax),
);
const names = fc.array(fc.constantFrom('low_voltage', 'high_voltage', 'overload', 'a,b', 'ü'), {
  maxLength: 4,
});
const values: { readonly [kind in Kind]: fc.Arbitrary<Exclude<Value, null>> } = {
  gauge: units.map(fromUnits),
  state: fc.constantFrom('bulk', 'float', 'off', ''),
  info: fc.string(),
  flag: fc.boolean(),
  flags: names,
};
const timed = (kind: Kind) => fc.record({ timeMs: fc.integer({ min: 0, max: 20 }), value: values[kind] });

function one(kind: Kind, { timeMs, value }: { timeMs: number; value: Exclude<Value, null> }): Aggregate {
  const aggregate = aggregateOf(kind, value, timeMs);
  if (typeof aggregate === 'string') throw new Error(aggregate);
  return aggregate;
}

function mergedInOrder(all: readonly Aggregate[]): Aggregate {
  const [head, ...rest] = structuredClone(all);
  if (head === undefined) throw new Error('nothing to merge');
  for (const next of rest) merge(head, next);
  return head;
}

describe('aggregates', () => {
  test.each(['gauge', 'state', 'info', 'flag', 'flags'] as const)(
    'of a %s are the same bits in any order and grouping',
    (kind) => {
      const cases = fc
        .array(timed(kind), { minLength: 1, maxLength: 20 })
        .chain((all) =>
          fc.tuple(
            fc.constant(all),
            fc.shuffledSubarray(all, { minLength: all.length }),
            fc.integer({ min: 0, max: all.length - 1 }),
          ),
        );
      fc.assert(
        fc.property(cases, ([all, shuffled, cut]) => {
          const batch = mergedInOrder(all.map((value) => one(kind, value)));
          const parts = shuffled.map((value) => one(kind, value));
          const left = parts.slice(0, cut);
          const right = mergedInOrder(parts.slice(cut));
          expect(left.length === 0 ? right : mergedInOrder([right, mergedInOrder(left)])).toEqual(batch);
        }),
      );
    },
  );

  test('of a counter are the same bits in any order', () => {
    const point = fc.record({
      timeMs: fc.integer({ min: 0, max: 5 }),
      units: fc.integer({ min: 0, max: 5 }),
      grown: units,
    });
    const cases = fc
      .array(point, { minLength: 1, maxLength: 20 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    const counter = ({
      timeMs,
      units: value,
      grown,
    }: {
      timeMs: number;
      units: number;
      grown: number;
    }): Aggregate => ({
      kind: 'counter',
      ...{ firstMs: timeMs, first: value, lastMs: timeMs, last: value, high: 0, low: grown },
    });
    fc.assert(
      fc.property(cases, ([all, shuffled]) => {
        const merged = mergedInOrder(shuffled.map(counter));
        expect(merged).toEqual(mergedInOrder(all.map(counter)));
        const [firstMs, lastMs] = [Math.min, Math.max].map((of) => of(...all.map(({ timeMs }) => timeMs)));
        const at = (time: number | undefined) =>
          all.filter(({ timeMs }) => timeMs === time).map((each) => each.units);
        expect(merged).toMatchObject({
          ...{ firstMs, first: Math.min(...at(firstMs)) },
          ...{ lastMs, last: Math.max(...at(lastMs)) },
        });
      }),
    );
  });

  test('hold a bounded union, the same in any order', () => {
    const name = (n: number): string => `name_${String(n).padStart(3, '0')}`;
    const lists = fc
      .array(fc.uniqueArray(fc.nat(150).map(name), { maxLength: 40, size: 'max' }), {
        minLength: 1,
        maxLength: 12,
      })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(lists, ([all, shuffled]) => {
        const [batch, other] = [all, shuffled].map((each) =>
          mergedInOrder(each.map((value) => one('flags', { timeMs: 0, value }))),
        );
        expect(other).toEqual(batch);
        if (batch?.kind !== 'flags') throw new Error('no flags');
        expect(batch.union).toEqual([...new Set(all.flat())].sort().slice(0, 64));
      }),
    );
  });

  test('adding a value is merging the aggregate of that value', () => {
    fc.assert(
      fc.property(timed('gauge'), timed('gauge'), (a, b) => {
        const added = one('gauge', a);
        if (added.kind === 'counter') throw new Error('not a gauge');
        expect(addValue(added, b.value, b.timeMs)).toBeUndefined();
        expect(added).toEqual(mergedInOrder([one('gauge', a), one('gauge', b)]));
      }),
    );
  });

  test('a union holds every name once, the last list keeps its order', () => {
    const first = one('flags', { timeMs: 5, value: ['overload', 'low_voltage'] });
    merge(first, one('flags', { timeMs: 3, value: ['high_voltage', 'overload'] }));
    expect(first).toEqual({
      kind: 'flags',
      lastMs: 5,
      last: ['overload', 'low_voltage'],
      union: ['high_voltage', 'low_voltage', 'overload'],
    });
  });

  test('a value of another type, and one that is too large, is left out', () => {
    expect(aggregateOf('gauge', '12', 0)).toBe('type');
    expect(aggregateOf('gauge', 4.6e9, 0)).toBe('size');
    expect(aggregateOf('state', 5, 0)).toBe('type');
    expect(aggregateOf('info', 'x'.repeat(257), 0)).toBe('size');
    expect(aggregateOf('flag', 1, 0)).toBe('type');
    expect(aggregateOf('flags', 'overload', 0)).toBe('type');
  });
});

describe('exact sums', () => {
  test('agree with big integers, beyond what a double holds', () => {
    fc.assert(
      fc.property(fc.array(units, { maxLength: 50 }), (all) => {
        const sum = { high: 0, low: 0 };
        for (const each of all) addUnits(sum, each);
        const expected = all.reduce((total, each) => total + BigInt(each), 0n);
        expect(BigInt(sum.high) * 2n ** 52n + BigInt(sum.low)).toBe(expected);
      }),
    );
  });

  test('give back decimals as they were written', () => {
    for (const value of [13.88, -0.01, 1e-6, 2_147_483_647.123456, 0, -0]) {
      expect(fromUnits(toUnits(value) ?? Number.NaN)).toBe(value + 0);
    }
    expect(quotient({ high: 0, low: 13_200_000 + 13_300_000 }, 2)).toBe(13.25);
  });
});

const counterPoints = fc
  .array(fc.record({ timeMs: fc.integer({ min: 0, max: 300 }), units: fc.integer({ min: 0, max: 9 }) }), {
    maxLength: 30,
  })
  .map((points) => points.toSorted(compareTimes));

/** The definition: each reading against the one before it. */
function growthOf(points: readonly CounterPoint[]): Map<number, number> {
  const byTime = new Map<number, number>();
  points.forEach((point, index) => {
    const previous = points[index - 1];
    const grown =
      previous === undefined ? 0 : point.units >= previous.units ? point.units - previous.units : point.units;
    byTime.set(point.timeMs, (byTime.get(point.timeMs) ?? 0) + grown);
  });
  return byTime;
}

test('growth at each time is the same however the points were added', () => {
  const batches = counterPoints.chain((points) =>
    fc.tuple(fc.constant(points), fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 30, maxLength: 30 })),
  );
  fc.assert(
    fc.property(batches, ([points, batchOf]) => {
      const grown = new Map<number, number>();
      let known: readonly CounterPoint[] = [];
      for (const batch of [0, 1, 2]) {
        const added = points.filter((_, index) => batchOf[index] === batch);
        const inserted = insertPoints({ previous: undefined, known, added, next: undefined });
        known = inserted.points;
        for (const { point, units } of inserted.growths) {
          grown.set(point.timeMs, (grown.get(point.timeMs) ?? 0) + units);
        }
      }
      expect(known).toEqual(points);
      expect(grown).toEqual(growthOf(points));
    }),
    { numRuns: 1_000 },
  );
});

test('points come out of chunks as they went in, those of one time together', () => {
  const any = fc.array(
    fc.record({
      timeMs: fc.integer({ min: 1_000, max: 1_400 }),
      units: fc.oneof(fc.integer({ min: 0, max: unitsMax }), fc.constantFrom(0, 10_000, 1_230_000)),
    }),
    { maxLength: 500, size: 'max' },
  );
  fc.assert(
    fc.property(any, (points) => {
      const sorted = points.toSorted(compareTimes);
      const chunks = cutIntoChunks(sorted);
      const starts = chunks.map((chunk) => chunk[0]?.timeMs ?? 0);
      const packed = chunks.map((chunk, i) => encodePoints(chunk, starts[i] ?? 0));
      expect(packed.flatMap((bytes, i) => decodePoints(bytes, starts[i] ?? 0))).toEqual(sorted);
      expect(new Set(starts).size).toBe(chunks.length);
      expect(chunks.every((chunk) => chunk.length >= 100 || chunk === chunks.at(-1))).toBe(true);
      expect(
        chunks.every((chunk, i) => (chunks[i + 1]?.[0]?.timeMs ?? 2_000) > (chunk.at(-1)?.timeMs ?? 0)),
      ).toBe(true);
    }),
  );
});

describe('rows', () => {
  const startMs = 1_760_000_040_000;
  const time = fc.integer({ min: startMs, max: startMs + 90_000_000 });
  const counter = fc
    .tuple(time, time, fc.integer({ min: 0, max: unitsMax }), fc.integer({ min: 0, max: unitsMax }), units)
    .map(
      ([a, b, first, last, low]): Aggregate => ({
        kind: 'counter',
        firstMs: Math.min(a, b),
        first,
        lastMs: Math.max(a, b),
        last,
        high: low < 0 ? -3 : 0,
        low,
      }),
    );
  const other = fc
    .constantFrom('gauge', 'state', 'info', 'flag', 'flags')
    .chain((kind) =>
      fc
        .array(fc.record({ timeMs: time, value: values[kind] }), { minLength: 1, maxLength: 5 })
        .map((all) => mergedInOrder(all.map((each) => one(kind, each)))),
    );
  const rows = fc.array(fc.option(fc.oneof(counter, other), { nil: undefined }), { maxLength: 20 });

  test('come back as they were written, whole and one field alone', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const kinds = row.map((aggregate) => aggregate?.kind ?? 'gauge');
        const bytes = encodeRow(row, startMs);
        const dense = (some: Row): Row => row.map((_, id) => some[id]);
        expect(dense(decodeRow(bytes, startMs, kinds))).toEqual(row);
        row.forEach((aggregate, id) => {
          expect(decodeRow(bytes, startMs, kinds, id)[id]).toEqual(aggregate);
        });
      }),
    );
  });

  test('of a version that is not known are refused', () => {
    expect(() => decodeRow(Uint8Array.of(2), startMs, [])).toThrow('version 2');
  });
});
