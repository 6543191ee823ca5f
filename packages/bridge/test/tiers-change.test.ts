// Tiers on a store that was filled under another configuration.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredReading } from '../src/message.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { dayMs, everySeconds, type Tier } from '../src/tiers/tier.ts';
import { createWindows } from '../src/tiers/windows.ts';
import { batchOf } from './tiers-batch.ts';
import { createSite, days, every, follow, options, reading } from './tiers-site.ts';

const noonMs = Date.parse('2026-06-01T12:00:00Z');
const roof = 'victron/solar_charger/roof';
type Site = ReturnType<typeof createSite>;

function written(site: Site) {
  const sink = follow();
  site.tiers.flush();
  sink.take(site.tiers);
  return sink.written;
}

/** From when on a tier has the windows of a series, as the store says it. */
function heldFrom(site: Site, { every: each, keepMs }: Tier, topic: string): number {
  const row = site.database
    .prepare('SELECT from_ms FROM tier_reach JOIN tier_series ON id = series WHERE tier = ? AND topic = ?')
    .get(everySeconds(each), topic);
  const keptMs = keepMs === null ? 0 : createWindows(each, days).start(site.nowMs - keepMs);
  return Math.max(keptMs, Number(row?.['from_ms'] ?? 0));
}

const startOf = (each: string, window: string): number =>
  each === 'day' ? (days.range(window)?.startMs ?? Number.NaN) : Number(window);

const shares = fc.shuffledSubarray([...every, 'day' as const], { minLength: 1 });
const tierList = fc
  .tuple(
    shares,
    fc.array(fc.constantFrom(null, dayMs, 3 * dayMs, 20 * dayMs), { minLength: 5, maxLength: 5 }),
  )
  .map(([list, keeps]): Tier[] => list.map((each, i) => ({ every: each, keepMs: keeps[i] ?? null })));
const anyReading = fc
  .record({
    minute: fc.integer({ min: 0, max: 12 * 24 * 60 }),
    topic: fc.constantFrom(roof, 'jbd/battery/bank'),
    values: fc.record({
      battery_voltage: fc.integer({ min: 0, max: 6_000 }).map((hundredths) => hundredths / 100),
      pv_energy_today: fc.integer({ min: 0, max: 9 }).map((tens) => tens * 10),
      charge_state: fc.constantFrom('off', 'bulk', 'float'),
      other_list: fc.uniqueArray(fc.constantFrom('one', 'two', 'three')),
    }),
  })
  .map(({ minute, topic, values }) => reading(noonMs + minute * 60_000 + 7, values, topic));
const readings = fc.array(anyReading, { maxLength: 25 });
const life = fc.array(
  fc.record({
    readings,
    tiers: tierList,
    gone: fc.integer({ min: 0, max: 10 }),
    steps: fc.integer({ min: 0, max: 5 }),
    afterMs: fc.integer({ min: 0, max: 3 * dayMs }),
    expires: fc.boolean(),
  }),
  { minLength: 2, maxLength: 4 },
);

describe('a configuration that changed', () => {
  test('finds in every tier the windows of one batch, from when on the tier says that it has them', () => {
    fc.assert(
      fc.property(life, (stages) => {
        const tiers: Tier[] = [];
        const all: StoredReading[] = [];
        let site: Site | undefined;
        for (const stage of stages) {
          tiers.splice(0, tiers.length, ...stage.tiers);
          if (site === undefined) {
            site = createSite(tiers);
            site.nowMs = noonMs + 13 * dayMs;
          } else site.restart();
          const before = site.stored.length;
          // The change is at any point of its way when readings come, late ones among them.
          for (let step = 0; step < stage.steps; step++) site.tiers.step();
          site.add(stage.readings);
          all.push(...site.stored.slice(before));
          site.tiers.flush();
          if (stage.expires) while (site.tiers.expire() > 0);
          site.stored.splice(0, stage.gone);
          site.nowMs += stage.afterMs;
        }
        if (site === undefined) return;
        while (site.tiers.expire() > 0);
        const found = written(site);
        const expected = [...batchOf(all, options)].filter(([key]) => {
          const [each = '', topic = '', window = ''] = key.split(' ');
          const tier = tiers.find((one) => String(one.every) === each);
          return tier && startOf(each, window) >= heldFrom(site, tier, topic);
        });
        expect(found).toEqual(new Map(expected));
      }),
      { numRuns: 150 },
    );
  });

  const fine: Tier = { every: 120, keepMs: null };
  const hours: Tier = { every: 7_200, keepMs: null };
  const minutes = (count: number) =>
    Array.from({ length: count }, (_, n) => reading(noonMs + n * 60_000, { battery_voltage: n }));
  const startsOf = (site: Site, seconds: number) =>
    site.database
      .prepare('SELECT start FROM tier_window WHERE tier = ? ORDER BY start')
      .all(seconds)
      .map(({ start }) => (Number(start) * 1_000 - noonMs) / 3_600_000);

  test('says what is new, and from when on a tier has windows that could not be made any more', () => {
    const tiers = [hours];
    const site = createSite(tiers);
    site.add(minutes(600));
    site.tiers.flush();
    site.stored.splice(0, 301);
    tiers.unshift(fine);
    site.restart();
    site.tiers.flush();
    expect(startsOf(site, 120)[0]).toBe(302 / 60);
    expect(site.reports).toEqual([
      'The tier 2m is new: it is filled from what is still there.',
      `The tier 2m is filled, of every device at the latest from 2026-06-01T17:02:00.000Z on: what older windows are made of has gone.`,
    ]);
    // A late reading does not begin a window that would lack the others.
    site.add([reading(noonMs + 5, { battery_voltage: 3 })]);
    site.tiers.flush();
    expect(startsOf(site, 120)[0]).toBe(302 / 60);
    expect(startsOf(site, 7_200)).toEqual([0, 2, 4, 6, 8]);
  });

  test('that keeps a tier longer has of it what had not expired, and what a finer tier still has', () => {
    const tiers: Tier[] = [{ every: 7_200, keepMs: dayMs }];
    const site = createSite(tiers);
    site.add(Array.from({ length: 72 }, (_, n) => reading(noonMs + n * 3_600_000, { battery_voltage: n })));
    site.nowMs = noonMs + 3 * dayMs;
    site.tiers.flush();
    site.tiers.expire();
    site.stored.length = 0;
    tiers.splice(0, 1, { every: 7_200, keepMs: null });
    site.restart();
    site.tiers.flush();
    expect(startsOf(site, 7_200)[0]).toBe(48);
    expect(site.reports[0]).toContain('is kept longer than before: what is older than 2026-06-03T12:00');
    // What arrives for the time that has gone is not a window of its own.
    site.add([
      reading(noonMs, { battery_voltage: 1 }),
      reading(noonMs + 70 * 3_600_000, { battery_voltage: 1 }),
    ]);
    site.tiers.flush();
    expect(startsOf(site, 7_200)[0]).toBe(48);
  });

  test('without a tier keeps it up to date for a week, and then lets it go', () => {
    const tiers = [fine, hours];
    const site = createSite(tiers);
    site.add(minutes(120));
    site.tiers.flush();
    tiers.shift();
    site.restart();
    expect(site.reports).toEqual([
      'The tier 2m is not configured any more (store.tiers): its windows go in 7 days, unless it is configured again.',
    ]);
    site.add([reading(noonMs + 130 * 60_000, { battery_voltage: 1 })]);
    site.nowMs += 6 * dayMs;
    site.tiers.flush();
    expect(site.tiers.expire()).toBe(0);
    site.stored.length = 0;
    tiers.unshift(fine);
    site.restart();
    site.tiers.flush();
    expect(startsOf(site, 120)).toHaveLength(61);
    tiers.shift();
    site.restart();
    site.nowMs += 8 * dayMs;
    site.restart();
    expect(site.tiers.expire()).toBe(61);
    expect(site.tiers.expire()).toBe(0);
    expect(site.reports.at(-1)).toContain('has gone');
    site.restart();
    expect(site.reports.filter((text) => text.includes('not configured any more'))).toHaveLength(3);
    expect(startsOf(site, 7_200)).toHaveLength(2);
  });

  test('of a counter is exact from the points that are known, and no further', () => {
    const tiers = [hours];
    const site = createSite(tiers, dayMs);
    const of = (n: number) => reading(noonMs + n * 60_000, { pv_energy_today: (n % 300) * 10 });
    site.nowMs = noonMs + dayMs + 200 * 60_000;
    site.add(Array.from({ length: 600 }, (_, n) => of(n)));
    site.tiers.flush();
    site.tiers.expire();
    tiers.unshift(fine);
    site.restart();
    const found = written(site);
    const expected = batchOf(site.stored, options);
    const own = [...found].filter(([key]) => key.startsWith('120 '));
    // Points before the two hundredth minute have gone, but for those of its chunk.
    expect(own.length).toBeGreaterThanOrEqual(199);
    expect(own.length).toBeLessThanOrEqual(250);
    for (const [key, value] of own) expect(value).toEqual(expected.get(key));
  });

  test('of the time zone makes days anew as far as it can, and leaves the older ones as they are', () => {
    const tiers: Tier[] = [
      { every: 1_800, keepMs: null },
      { every: 'day', keepMs: null },
    ];
    const site = createSite(tiers);
    site.add(Array.from({ length: 96 }, (_, n) => reading(noonMs + n * 1_800_000, { battery_voltage: n })));
    site.tiers.flush();
    site.stored.length = 0;
    const moved = createSite(tiers, undefined, site.database, {}, createLocalDays('America/New_York'));
    moved.tiers.flush();
    expect(startsOf(moved, 86_400)).toEqual([-8, 16, 40]);
    expect(moved.reports[0]).toContain('America/New_York now, not of Europe/Rome');
  });
});
