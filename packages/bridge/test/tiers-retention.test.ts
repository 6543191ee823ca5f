import { describe, expect, test } from 'vitest';
import { dayMs, type Tier } from '../src/tiers/tier.ts';
import { countOf, createSite, reading } from './tiers-site.ts';

const noonMs = Date.parse('2026-06-01T12:00:00Z');

type Site = ReturnType<typeof createSite>;

describe('retention', () => {
  const short: readonly Tier[] = [
    { every: 120, keepMs: dayMs },
    { every: 1_800, keepMs: 10 * dayMs },
    { every: 'day', keepMs: null },
  ];
  const hourly = (count: number) =>
    Array.from({ length: count }, (_, i) => reading(noonMs + i * 3_600_000, { battery_voltage: 12 }));
  const windows = (site: Site) =>
    site.database
      .prepare('SELECT tier, count(*) AS n FROM tier_window GROUP BY tier ORDER BY tier')
      .all()
      .map(({ tier, n }) => [tier, n]);

  test('takes windows of a tier when their time to be kept is over', () => {
    const site = createSite(short);
    site.nowMs = noonMs + 48 * 3_600_000;
    site.add(hourly(48));
    site.tiers.flush();
    expect(windows(site)).toEqual([
      [120, 24],
      [1_800, 48],
      [86_400, 3],
    ]);
    site.nowMs = noonMs + 5 * dayMs;
    expect(site.tiers.expire()).toBe(24);
    expect(windows(site)).toEqual([
      [1_800, 48],
      [86_400, 3],
    ]);
    site.nowMs = noonMs + 400 * dayMs;
    expect(site.tiers.expire()).toBe(48);
    expect(site.tiers.expire()).toBe(0);
    expect(windows(site)).toEqual([[86_400, 3]]);
  });

  test('does not bring back a window that has gone, and keeps the late reading in the others', () => {
    const site = createSite(short);
    site.nowMs = noonMs + 5 * dayMs;
    site.add(hourly(1));
    site.tiers.flush();
    expect(windows(site)).toEqual([
      [1_800, 1],
      [86_400, 1],
    ]);
  });

  test('is not judged by a clock that is not right', () => {
    const site = createSite(short);
    site.clockSynced = false;
    site.nowMs = noonMs + 4_000 * dayMs;
    site.add(hourly(1));
    site.tiers.flush();
    expect(site.tiers.expire()).toBe(0);
    expect(windows(site)).toHaveLength(3);
  });

  test('goes on series by series, a bounded slice a call', () => {
    const site = createSite([{ every: 120, keepMs: dayMs }]);
    const all = Array.from({ length: 3 }, (_, d) =>
      Array.from({ length: 1_200 }, (_, i) => reading(noonMs + i * 120_000, { v: 1 }, `a/b/${d}`)),
    ).flat();
    site.nowMs = noonMs;
    site.add(all);
    site.tiers.flush();
    site.nowMs = noonMs + 10 * dayMs;
    const calls = [];
    for (let gone = site.tiers.expire(); gone > 0; gone = site.tiers.expire()) calls.push(gone);
    expect(calls.reduce((sum, gone) => sum + gone, 0)).toBe(3_600);
    expect(Math.max(...calls)).toBeLessThanOrEqual(2_000);
    expect(countOf(site, 'tier_window')).toBe(0);
  });
});
