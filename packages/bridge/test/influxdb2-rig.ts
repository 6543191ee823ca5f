// A real InfluxDB for a file of tests, and sinks at work on it.

import { setTimeout } from 'node:timers/promises';
import { type Bucket, BucketsAPI } from '@influxdata/influxdb-client-apis';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { type Delivery, startDelivery } from '../src/sinks/delivery.ts';
import type { Feed, FeedItem } from '../src/sinks/feeds.ts';
import { createInfluxDb2Sink, type InfluxDb2Options } from '../src/sinks/influxdb2.ts';
import { sinkSchema } from '../src/sinks/ledger.ts';
import type { Point } from '../src/sinks/sink.ts';
import { openStore } from '../src/store.ts';
import { influxd, startInfluxd } from './influxd.ts';

export const dayMs = 86_400_000;
export const tiers = [
  { tier: 'raw', keepMs: 7 * dayMs },
  { tier: '2m', keepMs: 7 * dayMs },
  { tier: '5m', keepMs: 30 * dayMs },
  { tier: '30m', keepMs: 365 * dayMs },
  { tier: '2h', keepMs: 3_650 * dayMs },
  { tier: '1d', keepMs: null },
];

export const nowMs = Date.now();
export const pointOf = (n: number, more: Partial<Point> = {}): Point => ({
  tier: 'raw',
  measurement: 'battery',
  tags: { vendor: 'victron', device: 'shunt' },
  fields: { battery_voltage: 12 + n / 1_000 },
  timeMs: nowMs - 60_000 + n,
  ...more,
});

type Influx = Awaited<ReturnType<typeof startInfluxd>>;

export interface InfluxScene {
  readonly influx: Influx;
  optionsOf(bucket: string, more?: Partial<InfluxDb2Options>): InfluxDb2Options;
  /** As somebody else makes one: nothing in it expires. */
  makeBucket(name: string): Promise<Bucket>;
  /** How many values a bucket holds. */
  countOf(bucket: string): Promise<unknown>;
}

/** Call where tests are declared. */
export function influxScene(): InfluxScene {
  let influx: Influx;
  beforeAll(async () => {
    if (influxd) influx = await startInfluxd(influxd);
  });
  afterAll(() => influx?.end());
  return {
    get influx() {
      return influx;
    },
    optionsOf: (bucket, more = {}) => ({
      url: influx.url,
      org: influx.org,
      token: influx.token,
      bucket,
      tiers,
      createsBuckets: true,
      ...more,
    }),
    makeBucket: async (name) => {
      const api = new BucketsAPI(influx.client);
      const { orgID = '' } = (await api.getBuckets({ org: influx.org })).buckets?.[0] ?? {};
      return api.postBuckets({ body: { orgID, name, retentionRules: [] } });
    },
    countOf: async (bucket) => {
      const [row] = await influx.rows(
        `from(bucket: "${bucket}") |> range(start: -1d, stop: 1h) |> group() |> count()`,
      );
      return row?.['_value'];
    },
  };
}

/** A sink at work on items that the test adds, on a store of its own that it can be restarted on. */
export function carry(options: InfluxDb2Options) {
  const folder = scratchFolder();
  const items: FeedItem[] = [];
  const feed: Feed = {
    gapless: true,
    read: (after, limit) => items.slice(after, after + limit),
    head: () => items.length,
    waiting: (after) => items.length - after,
  };
  const none: Feed = { gapless: false, read: () => [], head: () => 0, waiting: () => 0 };
  const reports: string[] = [];
  const begin = () => {
    const store = openStore({ path: folder, parts: [sinkSchema] });
    const delivery = startDelivery({
      name: 'influx',
      type: 'influxdb2',
      sink: createInfluxDb2Sink(options),
      store,
      readings: feed,
      readingsHeldMs: 7 * dayMs,
      windows: none,
      clock: Date.now,
      clockSynced: () => true,
      random: Math.random,
      // A hundredth of the waits.
      sleep: (ms, signal) => setTimeout(ms / 100, undefined, { signal }).catch(() => {}),
      report: (text) => reports.push(text),
    });
    return { delivery, store };
  };
  let { delivery, store } = begin();
  const stop = async (): Promise<void> => {
    await delivery.stop();
    store.close();
  };
  onTestFinished(stop);
  return {
    reports,
    view: () => delivery.view(),
    add: (...points: readonly Point[]) => {
      for (const point of points)
        items.push({ position: items.length + 1, timeMs: point.timeMs, points: [point] });
      delivery.wake();
    },
    restart: async () => {
      await stop();
      ({ delivery, store } = begin());
    },
  };
}

export const settled = (carried: { view(): ReturnType<Delivery['view']> }) =>
  expect.poll(() => carried.view().readings.pending, { timeout: 15_000 }).toBe(0);
