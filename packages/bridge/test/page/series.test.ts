// What is drawn of a series, and what of it is said to be missing.

import { describe, expect, test } from 'vitest';
import { drawnSeries, silenceMsOf, silencesOf } from '../../page/src/chart/gaps.ts';
import { beatsOf } from '../../page/src/device/heartbeat.tsx';
import { sparkPaths } from '../../page/src/device/spark.tsx';
import { barsOf } from '../../page/src/history/bars.ts';
import { columnsOf, paletteOf, stretchesOf } from '../../page/src/history/lane.ts';
import { movedToThisYear } from '../../page/src/history/year-before.ts';
import type { SeriesPoint, SeriesView } from '../../src/web/api.ts';

const minute = 60_000;
const at = (time: number, mean: number | null = 1): SeriesPoint => ({ time, mean, min: mean, max: mean });
const view = (points: readonly SeriesPoint[], more: Partial<SeriesView> = {}): SeriesView => ({
  device: 'd',
  field: 'pv_power',
  kind: 'gauge',
  tier: '2m',
  every: 120,
  from: 0,
  to: 60 * minute,
  points,
  ...more,
});
const every2 = (from: number, to: number) =>
  Array.from({ length: (to - from) / 2 }, (_, index) => at((from + index * 2) * minute));

describe('gaps', () => {
  const silence = silenceMsOf(120, 27);

  test('a silence of more than two intervals lifts the pen and is hatched, a shorter one is not', () => {
    const broken = view([...every2(0, 20), ...every2(24, 40), ...every2(46, 60)]);
    expect(silencesOf([broken], 27)).toEqual([[40 * minute, 46 * minute]]);
    expect(drawnSeries(broken, silence, 1).means.filter((mean) => mean === null)).toHaveLength(1);
  });

  test('the interval counts, not the tier, where readings are rare', () => {
    const rare = view([at(0), at(20 * minute), at(40 * minute)]);
    expect(silencesOf([rare], 1200)).toEqual([]);
    expect(silencesOf([rare], 27)).toHaveLength(3);
  });

  test('silence at both ends is hatched, but not before the first reading ever', () => {
    const points = every2(20, 40);
    const after = [40 * minute, 60 * minute];
    expect(silencesOf([view(points)], 27)).toEqual([[0, 20 * minute], after]);
    expect(silencesOf([view(points, { first: 20 * minute })], 27)).toEqual([after]);
  });

  test('a value that the device does not know leaves a hole without hatching while others are there', () => {
    const unknown = view([...every2(0, 20), ...every2(40, 60)]);
    const voltage = view([...every2(0, 60)], { field: 'battery_voltage' });
    expect(silencesOf([unknown, voltage], 27)).toEqual([]);
    expect(drawnSeries(unknown, silence, 1).means).toContain(null);
  });

  test('nothing is said of gaps before there is an answer', () => {
    expect(silencesOf([undefined], 27)).toEqual([]);
  });

  test('seen from the site the edges of the band change places', () => {
    const drawn = drawnSeries(view([{ time: 0, mean: 5, min: 2, max: 9 }]), silence, -1);
    expect([drawn.means[0], drawn.lows[0], drawn.highs[0]]).toEqual([-5, -9, -2]);
  });

  test('a spark is broken off where its device fell silent', () => {
    const drawn = sparkPaths([...every2(0, 20), ...every2(40, 60)], {
      from: 0,
      to: 60 * minute,
      sign: 1,
      gapMs: 4 * minute,
    });
    expect(drawn?.line.match(/M/g)).toHaveLength(2);
  });
});

describe('half hours', () => {
  const day = 24 * 60;
  test('are full, with gaps, empty, or before the first reading', () => {
    const points = [...every2(600, 1200), ...every2(1210, 1230), ...every2(1290, 1440)];
    const beats = beatsOf([view(points, { to: day * minute, first: 600 * minute })], 27);
    expect(beats).toHaveLength(48);
    expect(beats.slice(0, 20)).toEqual(new Array(20).fill('before'));
    expect(beats.slice(20, 40)).toEqual(new Array(20).fill('full'));
    expect(beats.slice(40, 43)).toEqual(['part', 'none', 'none']);
    expect(beats.slice(43)).toEqual(new Array(5).fill('full'));
  });

  test('of a device that is read every hour none is missing', () => {
    const hourly = Array.from({ length: 24 }, (_, hour) => at(hour * 60 * minute));
    expect(new Set(beatsOf([view(hourly, { to: day * minute })], 3600))).toEqual(new Set(['full']));
  });
});

describe('lanes', () => {
  const state = (time: number, last: string): SeriesPoint => ({ time: time * minute, last });

  test('equal states are one stretch, silence is a stretch of its own', () => {
    const points = [state(0, 'off'), state(2, 'bulk'), state(4, 'bulk'), state(30, 'float')];
    const stretches = stretchesOf(view(points, { to: 32 * minute }), 4 * minute);
    expect(stretches.map(({ state: word, from, to }) => [word, from / minute, to / minute])).toEqual([
      ['off', 0, 2],
      ['bulk', 2, 6],
      [undefined, 6, 30],
      ['float', 30, 32],
    ]);
  });

  test('shares of a column add up to one', () => {
    const points = Array.from({ length: 480 }, (_, index) =>
      state(index / 8, index % 4 === 0 ? 'bulk' : 'off'),
    );
    const [column] = columnsOf(view(points));
    expect([...(column?.shares ?? [])]).toEqual([
      ['bulk', 0.25],
      ['off', 0.75],
    ]);
  });

  test('quiet words take no colour, flags are one word a set', () => {
    const palette = paletteOf([
      state(0, 'off'),
      state(1, 'float'),
      { time: 2, bits: ['overload', 'fan_locked'] },
    ]);
    expect(palette.get('off')).toBe(0);
    expect(palette.get('overload, fan_locked')).toBeGreaterThan(0);
  });
});

describe('the year before', () => {
  const zone = 'Europe/Rome';
  const utc = (text: string) => Date.parse(`${text}Z`);

  test('lines up by local time across a clock change', () => {
    const noonBefore = utc('2025-10-27T11:00');
    const moved = movedToThisYear(
      view([at(noonBefore)], { from: noonBefore, to: noonBefore + minute }),
      zone,
    );
    expect(moved.points[0]?.time).toBe(utc('2026-10-27T11:00'));
    // In 2025 the clocks changed on 26 October, in 2026 on the 25th.
    const between = utc('2025-10-25T10:00');
    expect(movedToThisYear(view([at(between)], { from: between, to: between }), zone).points[0]?.time).toBe(
      utc('2026-10-25T11:00'),
    );
  });

  test('leaves out 29 February where this year has none, and stays in order', () => {
    const days = ['28', '29'].flatMap((day) => [`2024-02-${day}T06:00`, `2024-02-${day}T18:00`]);
    const points = [...days, '2024-03-01T06:00'].map((day) => at(utc(day)));
    const times = movedToThisYear(
      view(points, { from: utc('2024-02-28T00:00'), to: utc('2024-03-02T00:00') }),
      zone,
    ).points.map(({ time }) => time);
    expect(times).toEqual([utc('2025-02-28T06:00'), utc('2025-02-28T18:00'), utc('2025-03-01T06:00')]);
  });
});

describe('bars', () => {
  test('a month is the sum of its days, a day without readings adds nothing and is no zero', () => {
    const zone = 'Europe/Rome';
    const day = (text: string, increase: number | null): SeriesPoint => ({
      time: Date.parse(`${text}T22:00Z`),
      increase,
    });
    const points = [
      day('2026-04-30', 2000),
      day('2026-05-01', null),
      day('2026-05-30', 3000),
      day('2026-05-31', null),
    ];
    const bars = barsOf(
      view(points, { from: Date.parse('2026-05-01T00:00Z'), to: Date.parse('2026-06-05T00:00Z') }),
      zone,
      true,
    );
    expect(bars.values).toEqual([5000, null]);
  });
});
