// How old devices are, in a store: beside the readings, every minute anew.

import { expect, onTestFinished, test, vi } from 'vitest';
import { agePoints, startAges } from '../src/sinks/ages.ts';
import { createInfluxDb2Sink } from '../src/sinks/influxdb2.ts';
import type { Point } from '../src/sinks/sink.ts';
import { influxd } from './influxd.ts';
import { influxScene } from './influxdb2-rig.ts';

const nowMs = Date.now();
const standing = [
  {
    ...{ series: { topic: 'victron/smartsolar/roof', agent: 'barn' }, site: 'cabin' },
    ...{ state: 'late' as const, timeMs: nowMs - 61_500 },
  },
  {
    ...{ series: { topic: 'jbd/battery/bank', agent: 'barn' }, site: undefined },
    ...{ state: 'fresh' as const, timeMs: nowMs + 200 },
  },
];

test('a device is a point with its age in seconds and its state, under the tags of its readings', () => {
  expect(agePoints(standing, nowMs)).toEqual([
    {
      ...{ tier: 'raw', measurement: 'wattline_device', timeMs: nowMs },
      tags: { vendor: 'victron', type: 'smartsolar', device: 'roof', agent: 'barn', site: 'cabin' },
      fields: { age: 61.5, state: 'late' },
    },
    {
      ...{ tier: 'raw', measurement: 'wattline_device', timeMs: nowMs },
      tags: { vendor: 'jbd', type: 'battery', device: 'bank', agent: 'barn' },
      fields: { age: 0, state: 'fresh' },
    },
  ]);
});

test('every minute once; a store that is away or slow misses it, and nothing waits for it', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const writes: number[] = [];
  let answer = async (): Promise<void> => undefined;
  const sink = {
    write: async (points: readonly Point[]) => {
      writes.push(points.length);
      await answer();
    },
  };
  const ages = startAges({ sink, points: () => agePoints(standing, nowMs) });
  onTestFinished(ages.stop);
  await vi.advanceTimersByTimeAsync(119_000);
  expect([writes, ages.counts()]).toEqual([[2], { written: 2, missed: 0 }]);
  answer = () => Promise.reject(new Error('away'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ages.counts()).toEqual({ written: 2, missed: 2 });
  let release = (): void => {};
  answer = () => new Promise((resolve) => (release = resolve));
  await vi.advanceTimersByTimeAsync(180_000);
  expect([writes, ages.counts()]).toEqual([[2, 2, 2], { written: 2, missed: 6 }]);
  release();
  answer = async () => undefined;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ages.counts()).toEqual({ written: 6, missed: 6 });
  ages.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(writes).toHaveLength(4);
});

const scene = influxScene();

test.skipIf(!influxd)('a real InfluxDB answers with them by InfluxQL', async () => {
  const sink = createInfluxDb2Sink(scene.optionsOf('ages'));
  onTestFinished(() => sink.close());
  const ages = startAges({ sink, points: () => agePoints(standing, nowMs), everyMs: 50 });
  onTestFinished(ages.stop);
  await expect.poll(() => ages.counts().written, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
  ages.stop();
  // Points of one time come in any order.
  expect(new Set(await scene.influx.values('ages', 'wattline_device', 'age'))).toEqual(
    new Set([
      [nowMs, 61.5],
      [nowMs, 0],
    ]),
  );
  expect(await scene.influx.values('ages', 'wattline_device', 'state')).toHaveLength(2);
});
