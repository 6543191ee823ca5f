import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayMs, type Tier } from '../src/tiers/tier.ts';
import { batchOf } from './tiers-batch.ts';
import { createSite, follow, forEver, options, reading } from './tiers-site.ts';

// Around the changes of the clock, around a midnight, and now and then anywhere in the year.
const centres = ['2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z', '2026-06-30T22:00:00Z'].map(Date.parse);
const time = fc
  .oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(fc.constantFrom(...centres), fc.integer({ min: -900_000, max: 900_000 })),
    },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...centres), fc.integer({ min: -dayMs, max: dayMs })) },
    { weight: 1, arbitrary: fc.tuple(fc.constant(centres[0]), fc.integer({ min: 0, max: 200 * dayMs })) },
  )
  .map(([centre, offset]) => (centre ?? 0) + offset);
const optional = <Type>(arbitrary: fc.Arbitrary<Type>) => fc.option(arbitrary, { nil: null });
const anyValues = fc.record(
  {
    battery_voltage: optional(fc.integer({ min: -500, max: 6_000 }).map((hundredths) => hundredths / 100)),
    other_number: optional(
      fc.double({ min: -4e9, max: 4e9, noNaN: true }).map((n) => Math.round(n * 1e3) / 1e3 + 0),
    ),
    pv_energy_today: optional(fc.integer({ min: 0, max: 9 }).map((tens) => tens * 10)),
    charge_state: optional(fc.constantFrom('off', 'bulk', 'float')),
    other_flag: optional(fc.boolean()),
    other_list: optional(fc.uniqueArray(fc.constantFrom('one', 'two', 'three'))),
  },
  { requiredKeys: [] },
);
const anyReading = fc
  .tuple(time, anyValues, fc.constantFrom('victron/solar_charger/roof', 'jbd/battery/bank'))
  .map(([timeMs, values, topic]) => reading(timeMs, values, topic));
const action = fc.constantFrom('step', 'step', 'flush', 'restart', 'fail', 'unheard', 'follow', 'nothing');
const history = fc.array(fc.tuple(fc.array(anyReading, { maxLength: 12 }), action), { maxLength: 15 });

describe('tiers', () => {
  test('equal one batch over all readings, in any order, with restarts and failures anywhere', () => {
    fc.assert(
      fc.property(history, fc.boolean(), (batches, showsOpen) => {
        const site = createSite(undefined, undefined, undefined, showsOpen ? { openEveryMs: 2_000 } : {});
        const sink = follow();
        for (const [readings, then] of batches) {
          site.add(readings, then !== 'unheard');
          site.nowMs += 1_000;
          if (then === 'step') site.tiers.step();
          else if (then === 'flush') site.tiers.flush();
          else if (then === 'restart') site.restart();
          else if (then === 'fail' && readings.length > 0) site.failOnce();
          else if (then === 'follow') sink.take(site.tiers);
        }
        site.nowMs = Date.parse('2027-06-01T00:00:00Z');
        site.tiers.flush();
        sink.take(site.tiers);
        expect(sink.written).toEqual(batchOf(site.stored, options));
        expect(site.tiers.cursor()).toBe(site.stored.length);
      }),
      { numRuns: 200 },
    );
  });
});

test('windows of tiers that are no longer kept do not hide the changes behind them', () => {
  const tiers: Tier[] = [...forEver];
  const site = createSite(tiers);
  const noon = Date.parse('2026-06-01T12:00:00Z');
  site.add(Array.from({ length: 50 }, (_, n) => reading(noon + n * 120_000, { battery_voltage: 13 })));
  site.tiers.flush();
  tiers.splice(0, 4);
  site.restart();
  expect(site.tiers.changedCount(0)).toBe(1);
  expect(site.tiers.changedSince(0, 1).map((change) => change.every)).toEqual(['day']);
});
