import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCounters } from '../src/tiers/counters.ts';
import { type CounterPoint, compareTimes } from '../src/tiers/growth.ts';
import { tierSchema } from '../src/tiers/schema.ts';

/** The definition: each reading against the one before it. */
function growthOf(points: readonly CounterPoint[]): Map<number, number> {
  const byTime = new Map<number, number>();
  points.toSorted(compareTimes).forEach((point, index, all) => {
    const previous = all[index - 1];
    const { timeMs, units } = point;
    const grown = previous === undefined ? 0 : units >= previous.units ? units - previous.units : units;
    byTime.set(timeMs, (byTime.get(timeMs) ?? 0) + grown);
  });
  return byTime;
}

test('growth is that of all readings by time, over many chunks, in any order, with resets', () => {
  const point = fc.record({
    timeMs: fc.integer({ min: 0, max: 3_000 }),
    units: fc.integer({ min: 0, max: 30 }),
  });
  const batches = fc
    .array(fc.tuple(point, fc.nat(3)), { minLength: 300, maxLength: 900, size: 'max' })
    // The first batch is most of it, the others fall among its points.
    .map((all) =>
      [0, 1, 2, 3].map((batch) => all.filter(([, n], i) => (i % 3 ? 0 : n) === batch).map(([each]) => each)),
    );
  fc.assert(
    fc.property(batches, (all) => {
      const database = new DatabaseSync(':memory:');
      for (const migration of tierSchema.migrations) database.exec(migration);
      const counters = createCounters(database);
      const field = {
        id: 3,
        name: 'c',
        kind: 'counter',
        isStored: true,
        newest: undefined,
        isTrimmed: false,
      } as const;
      const state = { ...field, newest: undefined, pending: [] as number[], isTrimmed: false };
      const grown = new Map<number, number>();
      for (const batch of all) {
        state.pending = batch.flatMap(({ timeMs, units }) => [timeMs, units]);
        for (const { point: at, units } of counters.place(7, state, [])) {
          grown.set(at.timeMs, (grown.get(at.timeMs) ?? 0) + units);
        }
      }
      expect(grown).toEqual(growthOf(all.flat()));
      const chunks = database.prepare('SELECT count(*) AS n FROM tier_counter').get();
      expect(Number(chunks?.['n'])).toBeGreaterThan(2);
    }),
    { numRuns: 60 },
  );
});
