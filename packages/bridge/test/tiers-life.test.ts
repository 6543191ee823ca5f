import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredReading } from '../src/message.ts';
import { dayMs, type Tier } from '../src/tiers/tier.ts';
import { batchOf } from './tiers-batch.ts';
import { countOf, createSite, follow, forEver, options, reading } from './tiers-site.ts';

const noonMs = Date.parse('2026-06-01T12:00:00Z');
const minuteMs = 60_000;

type Site = ReturnType<typeof createSite>;

function written(site: Site) {
  const sink = follow();
  site.nowMs = Math.max(site.nowMs, Date.parse('2027-06-01T00:00:00Z'));
  site.tiers.flush();
  sink.take(site.tiers);
  return sink.written;
}

describe('counters', () => {
  test('that were never reset are exact in any order, though few of their points are still known', () => {
    // Two hours, a slot each twenty seconds: most come in time, the others when the points around them have gone.
    const slots = Array.from({ length: 360 }, (_, slot) => slot);
    const history = fc.tuple(
      fc.shuffledSubarray(slots, { minLength: 1, maxLength: 60 }),
      fc.array(fc.constantFrom('expire', 'flush', 'restart', 'nothing'), { minLength: 60, maxLength: 60 }),
    );
    const of = (slot: number) => reading(noonMs + slot * 20_000, { pv_energy_today: 10 * slot });
    fc.assert(
      fc.property(history, ([late, actions]) => {
        const site = createSite(forEver, dayMs);
        site.nowMs = noonMs + dayMs + 80 * minuteMs;
        site.add(slots.filter((slot) => !late.includes(slot)).map(of));
        site.tiers.flush();
        site.tiers.expire();
        expect(countOf(site, 'tier_counter')).toBeLessThan(4);
        late.forEach((slot, i) => {
          site.add([of(slot)]);
          const then = actions[i];
          if (then === 'restart') site.restart();
          if (then === 'flush' || then === 'expire') site.tiers.flush();
          if (then === 'expire') site.tiers.expire();
        });
        expect(written(site)).toEqual(batchOf(site.stored, options));
      }),
      { numRuns: 60 },
    );
  });

  test('of a window that a new tier does not know are not made up from the growth of a late reading', () => {
    const site = createSite([{ every: 'day', keepMs: null }]);
    site.add([reading(noonMs + minuteMs, { pv_energy_today: 100 })]);
    site.tiers.flush();
    const tiers: readonly Tier[] = [
      { every: 120, keepMs: null },
      { every: 'day', keepMs: null },
    ];
    const changed = createSite(tiers, 1_000 * dayMs, site.database);
    changed.add(site.stored, false);
    // The new tier could not be made of it, and a window with half of its readings would be wrong.
    changed.stored.length = 0;
    changed.add([reading(noonMs + minuteMs + 1, { battery_voltage: 12 })]);
    changed.tiers.flush();
    changed.add([reading(noonMs - 10 * minuteMs, { pv_energy_today: 60 })]);
    const windows = written(changed);
    expect(windows.get(`day victron/solar_charger/roof 2026-06-01 pv_energy_today`)).toEqual({
      last: 100,
      increase: 40,
    });
    expect([...windows.keys()].filter((key) => key.startsWith('120 '))).toEqual([]);
  });

  test('forget points that are older than raw readings, but for those that lead up to them', () => {
    const site = createSite(forEver, dayMs);
    const of = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) =>
        reading(noonMs + (from + i) * minuteMs, { pv_energy_today: i }),
      );
    site.nowMs = noonMs + 1_000 * minuteMs;
    site.add(of(0, 1_000));
    site.tiers.flush();
    expect(countOf(site, 'tier_counter')).toBe(10);
    site.tiers.expire();
    expect(countOf(site, 'tier_counter')).toBe(10);
    site.nowMs = noonMs + 30 * dayMs;
    site.tiers.expire();
    expect(countOf(site, 'tier_counter')).toBe(1);
  });

  test('that grew between two windows give the growth to the later one, also when a reading comes late', () => {
    const site = createSite();
    const sink = follow();
    const increases = () =>
      [0, 2, 4].map((m) =>
        sink.written.get(`120 victron/solar_charger/roof ${noonMs + m * minuteMs} pv_energy_today`),
      );
    site.add([
      reading(noonMs, { pv_energy_today: 100 }),
      reading(noonMs + 4 * minuteMs, { pv_energy_today: 190 }),
    ]);
    site.tiers.flush();
    sink.take(site.tiers);
    expect(increases().map((value) => value?.['increase'])).toEqual([0, undefined, 90]);
    site.add([reading(noonMs + 2 * minuteMs, { pv_energy_today: 130 })]);
    site.tiers.flush();
    sink.take(site.tiers);
    expect(increases().map((value) => value?.['increase'])).toEqual([0, 30, 60]);
  });
});

describe('memory', () => {
  test('is bounded: what does not fit waits in the log, and no slice is long', () => {
    const site = createSite();
    const many: Omit<StoredReading, 'position'>[] = Array.from({ length: 3_000 }, (_, i) =>
      reading(noonMs + i * 120_000, { battery_voltage: 12, pv_energy_today: i }, `a/b/${i % 2}`),
    );
    site.add(many);
    let rows = 0;
    let longest = 0;
    for (let more = true; more; ) {
      more = site.tiers.step();
      const now = countOf(site, 'tier_window');
      longest = Math.max(longest, now - rows);
      rows = now;
    }
    // A slice ends with the series that fills it: 100 cells and those of one series, in at most five tiers.
    expect(longest).toBeLessThanOrEqual((100 + 128) * 5);
    expect(site.tiers.cursor()).toBeGreaterThan(2_500);
    expect(written(site)).toEqual(batchOf(site.stored, options));
  });

  test('is flushed series by series: one that was done is not done again after a restart', () => {
    const site = createSite();
    site.add(
      Array.from({ length: 500 }, (_, i) => reading(noonMs + i, { battery_voltage: i }, `a/b/${i % 250}`)),
    );
    expect(site.tiers.step()).toBe(true);
    const done = countOf(site, 'tier_series');
    expect(done).toBeGreaterThan(50);
    expect(done).toBeLessThan(250);
    expect(site.tiers.cursor()).toBe(0);
    site.restart();
    // A third reading shows in the mean if the first two count twice.
    site.add(
      Array.from({ length: 250 }, (_, i) => reading(noonMs + 500 + i, { battery_voltage: 15 }, `a/b/${i}`)),
    );
    expect(written(site)).toEqual(batchOf(site.stored, options));
  });

  test('is flushed every few seconds, not with every reading', () => {
    const site = createSite();
    site.nowMs = noonMs;
    site.tiers.step();
    const cursors = Array.from({ length: 20 }, (_, i) => {
      site.nowMs = noonMs + i * 500;
      site.add([reading(site.nowMs, { battery_voltage: 12 })]);
      site.tiers.step();
      return site.tiers.cursor();
    });
    expect(new Set(cursors).size).toBeLessThanOrEqual(5);
    expect(cursors.at(-1)).toBeGreaterThanOrEqual(14);
  });
});

describe('what no window holds', () => {
  test('is counted, and each cause is said once', () => {
    const site = createSite();
    const fields = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`field_${i}`, i]));
    site.add([
      reading(noonMs, { battery_voltage: 12, own: 'text', counted: 5 }),
      reading(noonMs + 1, { battery_voltage: 'twelve', own: 5, pv_energy_today: -1 }),
      reading(noonMs + 2, { battery_voltage: 'twelve', own: 'text', counted: 1e12 }),
      reading(noonMs + 3, fields),
      reading(-5, { battery_voltage: 12 }),
    ]);
    site.tiers.flush();
    // 256 fields, of which four are taken: battery_voltage, own, counted, pv_energy_today.
    expect(site.tiers.accounts()).toEqual({
      behind: 0,
      missed: 0,
      leftOut: { type: 3, size: 2, fields: 300 - 252, time: 1 },
    });
    expect(site.reports.filter((text) => text.includes('"battery_voltage"'))).toEqual([
      'A value of "battery_voltage" of victron/solar_charger/roof by barn is of another type than before: it is in the raw history, not in the tiers.',
    ]);
    expect(site.reports).toHaveLength(1 + 1 + 1 + 1 + 48 + 1);
  });

  test('are readings that left the log before they were merged, though none is left', () => {
    const site = createSite();
    site.add([reading(noonMs, { battery_voltage: 12 })]);
    site.tiers.flush();
    site.add(
      [1, 2, 3].map((i) => reading(noonMs + i, { battery_voltage: i })),
      false,
    );
    site.stored.splice(1, 3);
    site.tiers.flush();
    expect(site.tiers.accounts()).toMatchObject({ missed: 3 });
  });

  test('are readings that left the log before they were merged', () => {
    const site = createSite();
    const all = [1, 2, 3, 4].map((i) => reading(noonMs + i, { battery_voltage: i }));
    site.add(all, false);
    site.stored.splice(0, 3);
    site.tiers.flush();
    expect(site.tiers.accounts()).toMatchObject({ missed: 3, behind: 0 });
    expect(site.reports).toHaveLength(1);
    expect(written(site)).toEqual(batchOf(site.stored, options));
  });
});
