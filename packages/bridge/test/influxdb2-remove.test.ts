// Points of a series go from a real InfluxDB 2, and no others.

import { describe, expect, test } from 'vitest';
import { createInfluxDb2Sink } from '../src/sinks/influxdb2.ts';
import { RefusedError } from '../src/sinks/sink.ts';
import { influxd } from './influxd.ts';
import { influxScene, nowMs, pointOf } from './influxdb2-rig.ts';

describe.skipIf(influxd === undefined)('points are removed', { timeout: 30_000 }, () => {
  const scene = influxScene();

  test('of one series, in one tier, from a time on, whatever its measurements', async () => {
    const sink = createInfluxDb2Sink(scene.optionsOf('gone'));
    await sink.prepare?.();
    const barn = { vendor: 'victron', type: 'smartsolar', device: 'roof', agent: 'barn' };
    const { agent: _, ...unnamed } = barn;
    const site = { ...barn, site: 'cabin' };
    const odd = { ...barn, device: 'a "b\\c' };
    const of = (tags: { [tag: string]: string }, voltage: number, more: object = {}) =>
      pointOf(voltage, { tags, fields: { battery_voltage: voltage }, ...more });
    await sink.write([
      of(site, 1),
      of(barn, 2),
      of(barn, 3, { measurement: 'solar_charger' }),
      of(barn, 4, { timeMs: nowMs - 120_000 }),
      of(barn, 5, { tier: '2m' }),
      of({ ...barn, agent: 'hut' }, 6),
      of(unnamed, 7),
      of({ ...barn, device: 'roof2' }, 8),
      of(odd, 9),
    ]);
    const left = async () => {
      const found: unknown[] = [];
      for (const [bucket, measurement] of [
        ['gone', 'battery'],
        ['gone', 'solar_charger'],
        ['gone_2m', 'battery'],
      ] as const) {
        for (const row of await scene.influx.values(bucket, measurement, 'battery_voltage'))
          found.push((row as unknown[])[1]);
      }
      return found.toSorted();
    };
    expect(await left()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await sink.remove?.([{ tier: 'raw', tags: barn, fromMs: nowMs - 90_000 }]);
    expect(await left()).toEqual([4, 5, 6, 7, 8, 9]);
    await expect(sink.remove?.([{ tier: 'raw', tags: unnamed, fromMs: 0 }])).rejects.toThrow(RefusedError);
    expect(await left()).toEqual([4, 5, 6, 7, 8, 9]);
    await sink.remove?.([{ tier: 'raw', tags: odd, fromMs: 0 }]);
    expect(await left()).toEqual([4, 5, 6, 7, 8]);
    await sink.remove?.([{ tier: 'raw', tags: barn, fromMs: 0, toMs: nowMs - 121_000 }]);
    expect(await left()).toEqual([4, 5, 6, 7, 8]);
    await sink.remove?.([{ tier: 'raw', tags: barn, fromMs: 0, toMs: nowMs - 119_000 }]);
    expect(await left()).toEqual([5, 6, 7, 8]);
    await sink.close();
  });
});
