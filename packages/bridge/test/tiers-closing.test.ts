import { describe, expect, test } from 'vitest';
import { createSite, reading } from './tiers-site.ts';

const noonMs = Date.parse('2026-06-01T12:00:00Z');
type Site = ReturnType<typeof createSite>;

describe('closed windows', () => {
  const voltage = (offsetMs: number, value = 12) => reading(noonMs + offsetMs, { battery_voltage: value });
  const revisions = (site: Site, after: number) =>
    site.tiers
      .changedSince(after, 100)
      .map(({ every, startMs, revision }) => [every, startMs - noonMs, revision]);

  test('have a revision only when their time is over, a new one when they change, and open ones none', () => {
    const site = createSite([{ every: 120, keepMs: null }]);
    site.nowMs = noonMs + 10_000;
    site.add([voltage(10_000)]);
    site.tiers.flush();
    expect(revisions(site, 0)).toEqual([]);
    site.nowMs = noonMs + 134_000;
    site.tiers.step();
    expect(revisions(site, 0)).toEqual([]);
    site.nowMs = noonMs + 136_000;
    site.tiers.step();
    expect(revisions(site, 0)).toEqual([[120, 0, 1]]);
    expect(site.tiers.changedCount(0)).toBe(1);
    site.restart();
    site.add([voltage(20_000), voltage(130_000)]);
    site.tiers.flush();
    expect(revisions(site, 1)).toEqual([[120, 0, 2]]);
    expect(site.tiers.changedCount(2)).toBe(0);
  });

  test('stay closed when the clock of this machine goes back', () => {
    const site = createSite([{ every: 120, keepMs: null }]);
    site.add([voltage(0)]);
    site.tiers.flush();
    expect(revisions(site, 0)).toEqual([[120, 0, 1]]);
    site.nowMs = noonMs;
    site.add([voltage(1_000)]);
    site.tiers.flush();
    expect(revisions(site, 0)).toEqual([[120, 0, 2]]);
  });

  test('are not waited for where sinks see the window that goes on, as it stands, once in a while', () => {
    const site = createSite([{ every: 7_200, keepMs: null }], undefined, undefined, { openEveryMs: 20_000 });
    const shown = (afterMs: number) => {
      site.nowMs = noonMs + afterMs;
      site.tiers.step();
      return revisions(site, 0).map(([, , revision]) => revision);
    };
    site.add([voltage(0)]);
    site.tiers.flush();
    expect(shown(10_000)).toEqual([1]);
    site.add([voltage(11_000)]);
    site.tiers.flush();
    expect(shown(12_000)).toEqual([]);
    expect(shown(30_001)).toEqual([2]);
    expect(shown(60_000)).toEqual([2]);
    site.add([voltage(61_000)]);
    site.tiers.flush();
    expect(shown(7_216_000)).toEqual([3]);
  });

  test('that go on are all shown, however many there are', () => {
    const site = createSite([{ every: 7_200, keepMs: null }], undefined, undefined, { openEveryMs: 20_000 });
    const store = (afterMs: number) => {
      site.nowMs = noonMs + afterMs;
      site.add(
        Array.from({ length: 1_200 }, (_, i) => reading(site.nowMs, { battery_voltage: 12 }, `a/b/${i}`)),
      );
      site.tiers.flush();
      while (site.tiers.step());
      return site.tiers.changedSince(0, 5_000).length;
    };
    expect(store(10_000)).toBe(1_200);
    expect(store(31_000)).toBe(1_200);
  });

  test('do not change with readings of other windows', () => {
    const site = createSite([{ every: 120, keepMs: null }]);
    site.add([voltage(0), voltage(120_000)]);
    site.tiers.flush();
    site.add([voltage(240_000)]);
    site.tiers.flush();
    expect(revisions(site, 0).map(([, start]) => start)).toEqual([0, 120_000, 240_000]);
  });
});
