import { describe, expect, test } from 'vitest';
import { queryIncrease } from '../src/queries/increase.ts';
import { querySeries } from '../src/queries/series.ts';
import { every, type Measured, openSite, roof } from './queries-site.ts';

const at = (text: string): number => Date.parse(text);
const start = '2026-06-01T00:00:00Z';
const times = (nowMs: number) => ({ nowMs, monotonicMs: () => 0 });

function ask(site: ReturnType<typeof openSite>, field: string, from: string, to: string, pointsMax: number) {
  const question = { series: roof, field, fromMs: at(from), toMs: at(to), pointsMax };
  return querySeries(site.history, site.tiers, question, times(site.nowMs));
}

describe('a series', () => {
  test('comes from the finest tier that gives at most so many points', () => {
    const site = openSite();
    site.store(every(30, start, 2 * 2_880, (i) => ({ battery_voltage: 12 + (i % 4) / 100 })));
    const answers = [6_000, 5_000, 1_440, 1_000, 96, 90, 24, 3].map((pointsMax) => {
      const { tier, everySeconds, points } = ask(
        site,
        'battery_voltage',
        start,
        '2026-06-03T00:00:00Z',
        pointsMax,
      );
      return [tier, everySeconds, points.length];
    });
    expect(answers).toEqual([
      ['raw', 0, 5_760],
      ['2m', 120, 1_440],
      ['2m', 120, 1_440],
      ['5m', 300, 576],
      ['30m', 1_800, 96],
      ['2h', 7_200, 24],
      ['2h', 7_200, 24],
      // 3 days of Rome touch two days of UTC.
      ['1d', 86_400, 3],
    ]);
    expect(ask(site, 'battery_voltage', start, '2026-06-03T00:00:00Z', 5_000)).toMatchObject({
      kind: 'gauge',
      firstMs: at(start),
      points: { 7: { time: at(start) + 840_000, mean: 12.015, min: 12, max: 12.03 } },
    });
  });

  test('is merged further where even days are too many', () => {
    const site = openSite();
    site.store(
      every(3_600, start, 24 * 40, (i) => ({ battery_voltage: i / 100, alarms: [i < 500 ? 'x' : 'y'] })),
    );
    const to = '2026-07-15T00:00:00Z';
    const days = ask(site, 'battery_voltage', start, to, 50);
    expect([days.tier, days.points.length]).toEqual(['1d', 41]);
    const merged = ask(site, 'battery_voltage', start, to, 10);
    expect([merged.tier, merged.everySeconds % 86_400]).toEqual(['1d', 0]);
    expect(merged.points.length).toBeGreaterThan(4);
    expect(merged.points.length).toBeLessThanOrEqual(10);
    expect(Math.min(...merged.points.map(({ min }) => min ?? 0))).toBe(0);
    expect(Math.max(...merged.points.map(({ max }) => max ?? 0))).toBe(9.59);
    const [one] = ask(site, 'alarms', start, to, 1).points;
    expect(one).toMatchObject({ last: ['y'], bits: ['x', 'y'] });
  });

  test('reaches back to what a coarser tier still keeps', () => {
    const site = openSite();
    site.store(every(600, '2025-05-01T00:00:00Z', 100, () => ({ battery_voltage: 12 })));
    site.store(every(600, start, 200, () => ({ battery_voltage: 13 })));
    site.log.expire(site.nowMs);
    expect(ask(site, 'battery_voltage', '2025-05-01T00:00:00Z', '2026-06-02T00:00:00Z', 5_000)).toMatchObject(
      {
        tier: '2h',
      },
    );
    expect(ask(site, 'battery_voltage', '2026-06-01T20:00:00Z', '2026-06-02T00:00:00Z', 5_000).tier).toBe(
      'raw',
    );
  });

  test('is raw only as far as the log reaches, and where it is found in time', () => {
    const site = openSite(86_400_000);
    site.store(every(600, start, 1_000, (i) => ({ battery_voltage: i })));
    site.log.expire(site.nowMs);
    const question = {
      series: roof,
      field: 'battery_voltage',
      fromMs: at(start),
      toMs: site.nowMs,
      pointsMax: 5_000,
    };
    const asked = (change: object, monotonicMs = (): number => 0) =>
      querySeries(site.history, site.tiers, { ...question, ...change }, { nowMs: site.nowMs, monotonicMs });
    expect(asked({})).toMatchObject({ tier: '2m', points: { length: 1_000 } });
    expect(asked({ fromMs: site.nowMs - 59_000_000 }).tier).toBe('raw');
    let clock = 0;
    expect(asked({ fromMs: site.nowMs - 59_000_000 }, () => (clock += 10)).tier).toBe('2m');
  });

  test('of a device that spoke more rarely than planned is raw where what it said fits', () => {
    const site = openSite();
    site.store(every(3_600, start, 24, () => ({ battery_voltage: 12 }), { _interval: 10 }));
    const day = ask(site, 'battery_voltage', start, '2026-06-02T00:00:00Z', 100);
    expect([day.tier, day.points.length]).toEqual(['raw', 24]);
  });

  test('shows a span that lies inside of one window', () => {
    const site = openSite();
    site.store(every(60, '2025-01-01T00:00:00Z', 300, () => ({ battery_voltage: 12 })));
    site.store(every(60, start, 1, () => ({ battery_voltage: 13 })));
    site.log.expire(site.nowMs);
    const { tier, points } = ask(
      site,
      'battery_voltage',
      '2025-01-01T00:30:00Z',
      '2025-01-01T00:40:00Z',
      100,
    );
    expect([tier, points.map(({ time }) => time)]).toEqual(['2h', [at('2025-01-01T00:00:00Z')]]);
  });

  test('of raw readings has what each kind says, and null where the device did not know', () => {
    const site = openSite();
    const values = [
      { battery_voltage: 12.5, pv_energy_today: 100, charge_state: 'bulk', alarms: ['x'], own_flag: true },
      { battery_voltage: null, pv_energy_today: null, charge_state: null, alarms: null, own_flag: null },
      { battery_voltage: 12.7, pv_energy_today: 130, charge_state: 'off', alarms: [], own_flag: false },
      { pv_energy_today: 10 },
    ];
    site.store(every(10, start, 4, (i) => values[i] ?? {}));
    const points = (field: string) =>
      ask(site, field, start, '2026-06-01T01:00:00Z', 10).points.map(({ time, ...point }) => point);
    expect(points('battery_voltage')).toEqual([
      { mean: 12.5, min: 12.5, max: 12.5 },
      { mean: null, min: null, max: null },
      { mean: 12.7, min: 12.7, max: 12.7 },
    ]);
    expect(points('pv_energy_today')).toEqual([
      { last: 100, increase: null },
      { last: null, increase: null },
      { last: 130, increase: 30 },
      { last: 10, increase: 10 },
    ]);
    expect(points('charge_state')).toEqual([{ last: 'bulk' }, { last: null }, { last: 'off' }]);
    expect(points('own_flag')).toEqual([{ last: true }, { last: null }, { last: false }]);
    expect(points('alarms')).toEqual([{ last: ['x'], bits: ['x'] }, { last: null }, { last: [], bits: [] }]);
  });

  test('that nobody stored is empty', () => {
    const site = openSite();
    site.store(every(10, start, 1, () => ({ battery_voltage: 12 })));
    expect(ask(site, 'nothing', start, '2026-06-02T00:00:00Z', 10)).toEqual({
      tier: 'raw',
      everySeconds: 0,
      points: [],
    });
  });
});

describe('readings that no window has yet', () => {
  const later = '2026-06-01T01:00:00Z';
  const values = (i: number) => ({
    battery_voltage: 12 + i,
    pv_energy_today: 10 * i,
    alarms: [`a${i}`],
  });
  /** Ten readings in windows, and ten that wait. */
  const half = () => {
    const site = openSite();
    const all = every(10, start, 20, values);
    site.store(all.slice(0, 10));
    site.append(all.slice(10));
    return site;
  };

  test('are raw points, also when they are newer or older than all that windows have', () => {
    const site = half();
    const ten = ask(site, 'battery_voltage', '2026-06-01T00:01:40Z', later, 100);
    expect([ten.tier, ten.points.length]).toEqual(['raw', 10]);
    site.append(every(10, '2026-05-31T23:00:00Z', 1, () => ({ battery_voltage: 9 })));
    expect(ask(site, 'battery_voltage', '2026-05-31T22:00:00Z', later, 100)).toMatchObject({
      tier: 'raw',
      firstMs: at('2026-05-31T23:00:00Z'),
      points: { length: 21, 0: { mean: 9 } },
    });
  });

  test.each(['battery_voltage', 'pv_energy_today', 'alarms'])('count in the windows of %s', (field) => {
    const site = half();
    const asked = () => ask(site, field, start, later, 5);
    const before = asked();
    expect([before.tier, before.points.length]).toEqual(['2m', 2]);
    site.merge();
    expect(asked()).toEqual(before);
  });

  test('may be the first of a series, or of a field', () => {
    const site = openSite();
    site.append(every(10, start, 20, values));
    const both = () => [100, 5].map((points) => ask(site, 'battery_voltage', start, later, points));
    const before = both();
    expect(before.map(({ tier, kind, points }) => [tier, kind, points.length])).toEqual([
      ['raw', 'gauge', 20],
      ['2m', 'gauge', 2],
    ]);
    site.merge();
    expect(both()).toEqual(before);
    site.append(every(10, later, 1, () => ({ own_field: 'on' })));
    expect(ask(site, 'own_field', start, '2026-06-01T02:00:00Z', 5)).toMatchObject({
      kind: 'state',
      points: [{ last: 'on' }],
    });
  });

  test('are neither lost nor doubled by a merge that comes while they are looked up', () => {
    const site = half();
    const question = {
      series: roof,
      field: 'pv_energy_today',
      fromMs: at(start),
      toMs: at(later),
      pointsMax: 50,
    };
    let clock = 0;
    const merging = (): number => {
      site.merge();
      clock += 1_000;
      return clock;
    };
    const { tier, points } = querySeries(site.history, site.tiers, question, {
      nowMs: site.nowMs,
      monotonicMs: merging,
    });
    expect([tier, points.map(({ increase }) => increase)]).toEqual(['2m', [110, 80]]);
  });

  test('take a window more only where it fits', () => {
    const site = openSite();
    site.store(every(120, start, 4, (i) => ({ battery_voltage: i })));
    site.append(every(60, '2026-06-01T00:08:00Z', 2, (i) => ({ battery_voltage: i })));
    const { tier, everySeconds } = ask(site, 'battery_voltage', start, later, 4);
    expect([tier, everySeconds]).toEqual(['5m', 300]);
  });
});

describe('the increase of a counter', () => {
  const energy = (from: string, hours: number): readonly Measured[] =>
    every(1_800, from, 2 * hours, (i) => ({ pv_energy_today: i * 10 }));
  const increase = (site: ReturnType<typeof openSite>, from: string, to: string, field = 'pv_energy_today') =>
    queryIncrease(site.history, site.tiers, roof, field, { fromMs: at(from), toMs: at(to) }, site.nowMs);

  test('of a local day is that of its hours: 23 and 25 of them when the clock changes', () => {
    const site = openSite();
    site.store(energy('2026-03-27T00:00:00Z', 96));
    site.store(energy('2026-10-23T00:00:00Z', 96));
    expect(increase(site, '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toBe(23 * 20);
    expect(increase(site, '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toBe(25 * 20);
  });

  test('of a day that has not ended is what there is until now', () => {
    const site = openSite();
    site.store(energy('2026-06-09T00:00:00Z', 36));
    // The local day began at 22:00; the last reading is of 11:30, which is now.
    site.nowMs = at('2026-06-10T11:30:00Z');
    expect(increase(site, '2026-06-09T22:00:00Z', '2026-06-10T11:30:00Z')).toBe(28 * 10);
  });

  test('of part of a past day counts only that part', () => {
    const site = openSite();
    site.store(energy('2026-06-09T00:00:00Z', 72));
    expect(increase(site, '2026-06-09T22:00:00Z', '2026-06-10T06:00:00Z')).toBe(16 * 10);
  });

  test('counts what no window has yet', () => {
    const site = openSite();
    const all = energy('2026-06-09T22:00:00Z', 20);
    site.store(all.slice(0, 20));
    site.append(all.slice(20));
    expect(increase(site, '2026-06-09T22:00:00Z', '2026-06-10T22:00:00Z')).toBe(39 * 10);
  });

  test('of nothing is not known', () => {
    const site = openSite();
    site.store(energy(start, 2));
    expect(increase(site, '2025-01-01T00:00:00Z', '2025-01-02T00:00:00Z')).toBeNull();
    expect(increase(site, start, '2026-06-02T00:00:00Z', 'battery_voltage')).toBeNull();
  });
});
