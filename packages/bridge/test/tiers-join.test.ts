// One series becomes part of another: the windows are those of one computation over the readings of both.

import type { Value } from '@wattline/protocols';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredReading } from '../src/message.ts';
import { EntangledError } from '../src/tiers/counter-runs.ts';
import { countTierWindows, joinTierSeries, removeTierSeries } from '../src/tiers/join.ts';
import { dayMs } from '../src/tiers/tier.ts';
import { createWindows } from '../src/tiers/windows.ts';
import { batchOf } from './tiers-batch.ts';
import { countOf, createSite, days, follow, forEver, options, reading } from './tiers-site.ts';

const [old, roof] = ['victron/solar_charger/old', 'victron/solar_charger/roof'];
const startMs = Date.parse('2026-10-24T20:00:00Z');
const tiers = forEver.map((tier) => ({ ...tier, windows: createWindows(tier.every, days) }));
const key = (topic: string) => ({ topic, agent: 'barn' });

type Site = ReturnType<typeof createSite>;
type Unplaced = Omit<StoredReading, 'position'>;

const asRoof = (readings: readonly Unplaced[]): StoredReading[] =>
  readings.map((each, index) => ({ ...each, series: key(roof), position: index + 1 }));

function join(site: Site) {
  site.tiers.flush();
  const joined = joinTierSeries({ database: site.database, tiers }, key(old), key(roof));
  site.restart();
  return joined;
}

/** What a sink has of the site in the end. */
function written(site: Site) {
  site.tiers.flush();
  site.nowMs += 2 * dayMs;
  while (site.tiers.step());
  const sink = follow();
  sink.take(site.tiers);
  return sink.written;
}

const values = fc.record(
  {
    battery_voltage: fc.integer({ min: 1_000, max: 1_500 }).map((hundredths) => hundredths / 100),
    pv_energy_today: fc.integer({ min: 0, max: 50 }).map((tens) => tens * 10),
    charge_state: fc.constantFrom('bulk', 'float'),
    other_flag: fc.boolean(),
    other_list: fc.subarray(['a', 'b', 'c']),
  },
  { requiredKeys: ['pv_energy_today'] },
) as fc.Arbitrary<{ [field: string]: Value }>;
const readingOf = (topics: readonly string[], fromMs: number, spanMs: number) =>
  fc
    .tuple(fc.constantFrom(...topics), fc.integer({ min: 0, max: spanMs / 30_000 }), values)
    .map(([topic, at, of]) => reading(fromMs + at * 30_000, of, topic));

test('readings of two series, however they lie in time, are one series afterwards, also late ones', () => {
  const some = fc.array(readingOf([old, roof], startMs, 2 * dayMs), { minLength: 1, maxLength: 60 });
  const late = fc.array(readingOf([roof], startMs, 2 * dayMs), { maxLength: 10 });
  fc.assert(
    fc.property(some, late, (before, after) => {
      const site = createSite();
      site.add(before);
      join(site);
      site.add(after);
      expect(written(site)).toEqual(batchOf(asRoof([...before, ...after]), options));
    }),
    { numRuns: 60 },
  );
});

test('so they are when only windows are left of the counters, if one began when the other had ended', () => {
  const first = fc.array(readingOf([old], startMs, dayMs), { minLength: 1, maxLength: 30 });
  const second = fc.array(readingOf([roof], startMs + dayMs + 60_000, dayMs), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(first, second, fc.boolean(), (early, later, isSwapped) => {
      const site = createSite(forEver, dayMs);
      const before = isSwapped
        ? [...early, ...later].map((each) => ({
            ...each,
            series: key(each.series.topic === old ? roof : old),
          }))
        : [...early, ...later];
      site.add(before);
      site.tiers.flush();
      site.nowMs = startMs + 40 * dayMs;
      while (site.tiers.expire() > 0);
      join(site);
      expect(written(site)).toEqual(batchOf(asRoof(before), options));
    }),
    { numRuns: 60 },
  );
});

test('counters of which only entangled windows are left are not put together', () => {
  const site = createSite(forEver, dayMs);
  const hours = Array.from({ length: 6_000 }, (_, n) => n);
  site.add(hours.map((n) => reading(startMs + n * 20_000, { pv_energy_today: n }, n % 2 === 0 ? old : roof)));
  site.tiers.flush();
  site.nowMs = startMs + 40 * dayMs;
  site.tiers.expire();
  expect(() => join(site)).toThrow(EntangledError);
  expect(() => join(site)).toThrow(/pv_energy_today.*both have readings around 2026-10-24T20/);
});

test('a field of another kind in the other series is left out and named', () => {
  const site = createSite();
  site.add([
    reading(startMs, { other_number: 1, battery_voltage: 12 }, old),
    reading(startMs, { other_number: 'one' }, roof),
  ]);
  expect(join(site)).toEqual({ windows: 5, leftOut: ['other_number'] });
  const day = `day ${roof} 2026-10-24`;
  expect(written(site).get(`${day} battery_voltage`)).toEqual({ mean: 12, min: 12, max: 12 });
  expect(written(site).get(`${day} other_number`)).toEqual({ last: 'one' });
});

test('a series that the other is not there for takes its name, and sinks are given its windows again', () => {
  const site = createSite();
  site.add([reading(startMs, { battery_voltage: 12 }, old)]);
  expect(written(site).get(`day ${old} 2026-10-24 battery_voltage`)).toBeDefined();
  expect(join(site)).toEqual({ windows: 5, leftOut: [] });
  const after = [...written(site).keys()];
  expect(after).toHaveLength(5);
  expect(after.filter((name) => !name.includes(roof))).toEqual([]);
});

test('a series that is removed leaves nothing, and others as they are', () => {
  const site = createSite();
  site.add([
    reading(startMs, { battery_voltage: 12, pv_energy_today: 1 }, old),
    reading(startMs, { battery_voltage: 13, pv_energy_today: 2 }, roof),
  ]);
  site.tiers.flush();
  expect(countTierWindows(site.database, key(old))).toBe(5);
  expect(removeTierSeries(site.database, key(old))).toBe(5);
  const tables = ['tier_series', 'tier_field', 'tier_window', 'tier_counter'];
  expect(tables.map((table) => countOf(site, table))).toEqual([1, 2, 5, 1]);
});

test('a tier of which one series has no older windows has none of both', () => {
  const site = createSite(forEver);
  const of = (topic: string) =>
    Array.from({ length: 60 }, (_, n) => reading(startMs + n * 60_000, { battery_voltage: n }, topic));
  site.add([...of(old), ...of(roof)]);
  site.tiers.flush();
  const fromMs = startMs + 30 * 60_000;
  site.database
    .prepare('INSERT INTO tier_reach SELECT 120, id, ?, 0 FROM tier_series WHERE topic = ?')
    .run(fromMs, old);
  join(site);
  const found = [...written(site).keys()].filter((name) => name.startsWith('120 '));
  expect(found.map((name) => Number(name.split(' ')[2]))).toEqual(
    Array.from({ length: 15 }, (_, n) => fromMs + n * 120_000),
  );
  expect(countOf(site, 'tier_reach')).toBe(1);
});
