// A real InfluxDB 2 for a file of tests, and sinks at work on it.

import { type Bucket, BucketsAPI } from '@influxdata/influxdb-client-apis';
import { afterAll, beforeAll, expect } from 'vitest';
import { createInfluxDb2Sink, type InfluxDb2Options } from '../src/sinks/influxdb2.ts';
import type { Point } from '../src/sinks/sink.ts';
import { influxd, startInfluxd } from './influxd.ts';
import { carrySink, settled } from './sinks-carry.ts';
import { noMemory } from './sinks-rig.ts';

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
  /** As an administrator does. */
  setRetention(name: string, seconds: number): Promise<unknown>;
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
      createsMissing: true,
      memory: noMemory(),
      report: () => {},
      ...more,
    }),
    makeBucket: async (name) => {
      const api = new BucketsAPI(influx.client);
      const { orgID = '' } = (await api.getBuckets({ org: influx.org })).buckets?.[0] ?? {};
      return api.postBuckets({ body: { orgID, name, retentionRules: [] } });
    },
    setRetention: async (name, everySeconds) => {
      const api = new BucketsAPI(influx.client);
      const { id: bucketID = '' } = (await api.getBuckets({ org: influx.org, name })).buckets?.[0] ?? {};
      return api.patchBucketsID({ bucketID, body: { retentionRules: [{ type: 'expire', everySeconds }] } });
    },
    countOf: async (bucket) => {
      const [row] = await influx.rows(
        `from(bucket: "${bucket}") |> range(start: -1d, stop: 1h) |> group() |> count()`,
      );
      return row?.['_value'];
    },
  };
}

export const carry = (options: InfluxDb2Options) => carrySink(() => createInfluxDb2Sink(options));

/** Of 101 points one has a text where the others have a number. */
export async function expectTypeConflict(carried: ReturnType<typeof carrySink>, reason: string) {
  carried.add(pointOf(0));
  await settled(carried);
  const bad = pointOf(50, { fields: { battery_voltage: 'high', battery_current: 4 } });
  carried.add(...Array.from({ length: 100 }, (_, n) => (n === 50 ? bad : pointOf(n + 1_000))));
  await settled(carried);
  expect(carried.view().readings).toMatchObject({ delivered: 100, refused: 1 });
  expect(carried.view().refused).toEqual([
    {
      time: bad.timeMs,
      point: expect.stringContaining('"high"'),
      reason: expect.stringContaining(reason),
    },
  ]);
}
