// Who feeds whom, the sums of a day, and the way of a battery.

import { describe, expect, test } from 'vitest';
import { trendOf, wayAhead } from '../../page/src/charge/trend.ts';
import { ribbonsOf } from '../../page/src/flow/river.tsx';
import { sharesOf, type Watts } from '../../page/src/flow/shares.ts';
import { energyOf, gapsOf, stepMs, sumOnGrid } from '../../page/src/today/flows.ts';
import type { SeriesView } from '../../src/web/api.ts';

const node = (name: Watts['node'], value: number | null): Watts => ({
  node: name,
  value,
  age: 1,
  devices: ['d'],
});
const told = (watts: readonly Watts[]) =>
  sharesOf(watts).map(({ from, to, watts: w }) => `${from} ${to} ${w}`);

describe('shares', () => {
  test('sun is spent first, and on the loads first', () => {
    expect(told([node('sun', 1284), node('battery', -612), node('load', -672)])).toEqual([
      'sun load 672',
      'sun battery 612',
    ]);
    expect(told([node('sun', 100), node('battery', 300), node('load', -400)])).toEqual([
      'sun load 100',
      'battery load 300',
    ]);
  });

  test('what is unknown or does not add up is given to nobody', () => {
    expect(told([node('sun', 500), node('battery', null), node('load', -400)])).toEqual(['sun load 400']);
    expect(told([node('load', -400)])).toEqual([]);
  });

  test('a ribbon is as wide as its watts, never thinner than can be seen', () => {
    const columns = new Map([
      ['sun', 0],
      ['battery', 200],
      ['load', 400],
    ] as const);
    const shares = sharesOf([node('sun', 1000), node('battery', -999), node('load', -1)]);
    const ribbons = ribbonsOf(shares, 1000, { width: 600, height: 100, columns });
    const width = (to: string) => ribbons.find((ribbon) => ribbon.to === to)?.width;
    expect(width('battery')).toBeCloseTo(47.95, 1);
    expect(width('load')).toBe(3);
  });
});

describe('the day', () => {
  const series = (points: readonly (readonly [number, number])[], every = 300): SeriesView => ({
    device: 'd',
    field: 'pv_power',
    kind: 'gauge',
    tier: '5m',
    every,
    from: 0,
    to: 24 * 3600_000,
    points: points.map(([step, mean]) => ({ time: step * stepMs, mean })),
  });
  const span = { start: 0, end: 24 * 3600_000, until: 12 * stepMs };
  const steady = (mean: number) => series(Array.from({ length: 12 }, (_, step) => [step, mean] as const));
  const flow = { sign: 1, interval: 30 } as const;

  test('energy is watts over time, one way at a time', () => {
    const sum = sumOnGrid([{ view: steady(600), flow: { sign: -1, interval: 30 } }], span);
    expect(sum && energyOf(sum, -1, 0, 12 * stepMs)).toEqual({ energy: 500, whole: true });
    expect(sum && energyOf(sum, 1, 0, 12 * stepMs).energy).toBe(0);
  });

  test('where one of two devices is silent the sum is partial and the energy the least that it can be', () => {
    const half = series([0, 1, 2, 3].map((step) => [step, 100] as const));
    const sum = sumOnGrid(
      [
        { view: steady(200), flow },
        { view: half, flow },
      ],
      span,
    );
    expect(sum?.watts.slice(0, 6)).toEqual([300, 300, 300, 300, 300, 200]);
    expect(sum && energyOf(sum, 1, 0, 12 * stepMs).whole).toBe(false);
    expect(sum && gapsOf([sum], 0)).toEqual([[5 * stepMs, 12 * stepMs]]);
  });

  test('a value of a sleeping agent holds until its next, not for ever', () => {
    const sum = sumOnGrid(
      [
        {
          view: series([
            [0, 50],
            [4, 70],
          ]),
          flow: { sign: 1, interval: 1200 },
        },
      ],
      span,
    );
    expect(sum?.watts.slice(0, 5)).toEqual([50, 50, 50, 50, 70]);
    expect(sum?.watts[11]).toBe(70);
    expect(sum?.watts[12]).toBeNull();
  });

  test('nothing is drawn while a series has not come', () => {
    expect(
      sumOnGrid(
        [
          { view: steady(1), flow },
          { view: undefined, flow },
        ],
        span,
      ),
    ).toBeUndefined();
  });
});

describe('the trend of the charge', () => {
  const hour = 3600_000;
  const point = (hours: number, charge: number) => ({ time: hours * hour, charge });

  test('foretells full and empty at the rate of the last hour', () => {
    expect(trendOf([point(0, 10), point(1, 72)], point(2, 78))).toEqual({
      way: 'rising',
      perHour: 6,
      seconds: 13_200,
    });
    expect(trendOf([point(1, 60)], point(2, 50))).toEqual({ way: 'falling', perHour: -10, seconds: 18_000 });
  });

  test('foretells nothing below 2 % per hour or without history', () => {
    expect(trendOf([point(1, 78)], point(2, 79.5)).way).toBe('steady');
    expect(trendOf([point(1.9, 78)], point(2, 79)).way).toBe('unknown');
    expect(trendOf([], point(2, 79)).way).toBe('unknown');
  });

  test('the way ahead ends at full and goes on level', () => {
    const now = point(2, 78);
    const way = wayAhead(now, trendOf([point(1, 72)], now), 8 * hour);
    expect(way.map(({ charge }) => charge)).toEqual([78, 100, 100]);
    expect(way.at(-1)?.time).toBe(8 * hour);
  });
});
