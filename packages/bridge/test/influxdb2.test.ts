import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AuthorizationsAPI, BucketsAPI } from '@influxdata/influxdb-client-apis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Delivery, startDelivery } from '../src/sinks/delivery.ts';
import type { Feed, FeedItem } from '../src/sinks/feeds.ts';
import { createInfluxDb2Sink, type InfluxDb2Options } from '../src/sinks/influxdb2.ts';
import { sinkSchema } from '../src/sinks/ledger.ts';
import { type Point, RefusedError, UnavailableError } from '../src/sinks/sink.ts';
import { openStore } from '../src/store.ts';
import { influxd, startInfluxd } from './influxd.ts';

const dayMs = 86_400_000;
const tiers = [
  { tier: 'raw', keepMs: 7 * dayMs },
  { tier: '2m', keepMs: 7 * dayMs },
  { tier: '5m', keepMs: 30 * dayMs },
  { tier: '30m', keepMs: 365 * dayMs },
  { tier: '2h', keepMs: 3_650 * dayMs },
  { tier: '1d', keepMs: null },
];

let influx: Awaited<ReturnType<typeof startInfluxd>>;
beforeAll(async () => {
  if (influxd) influx = await startInfluxd(influxd);
});
afterAll(() => influx?.end());

const optionsOf = (bucket: string, more: Partial<InfluxDb2Options> = {}): InfluxDb2Options => ({
  url: influx.url,
  org: influx.org,
  token: influx.token,
  bucket,
  tiers,
  createsBuckets: true,
  ...more,
});

const nowMs = Date.now();
const pointOf = (n: number, more: Partial<Point> = {}): Point => ({
  tier: 'raw',
  measurement: 'battery',
  tags: { vendor: 'victron', device: 'shunt' },
  fields: { battery_voltage: 12 + n / 1_000 },
  timeMs: nowMs - 60_000 + n,
  ...more,
});

/** A sink at work on items that the test adds, on a store of its own that it can be restarted on. */
function carry(options: InfluxDb2Options) {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-influxdb2-'));
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
  onTestFinished(async () => {
    await stop();
    rmSync(folder, { recursive: true });
  });
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

const settled = (carried: { view(): ReturnType<Delivery['view']> }) =>
  expect.poll(() => carried.view().readings.pending, { timeout: 15_000 }).toBe(0);

const countOf = async (bucket: string): Promise<unknown> => {
  const [row] = await influx.rows(
    `from(bucket: "${bucket}") |> range(start: -1d, stop: 1h) |> group() |> count()`,
  );
  return row?.['_value'];
};

describe.skipIf(influxd === undefined)('a real InfluxDB', () => {
  test('gets a bucket for raw and for each tier, with the configured retention', async () => {
    const carried = carry(optionsOf('made'));
    carried.add(pointOf(1));
    await settled(carried);
    const made = Object.entries(await influx.retentions()).filter(([name]) => name.startsWith('made'));
    expect(Object.fromEntries(made)).toEqual({
      made: 7 * 86_400,
      made_2m: 7 * 86_400,
      made_5m: 30 * 86_400,
      made_30m: 365 * 86_400,
      made_2h: 3_650 * 86_400,
      made_1d: 0,
    });
  });
  test('gets every point in its bucket, with its names, types, values and time', async () => {
    const carried = carry(optionsOf('types'));
    const fields = { voltage: 12.5, whole: 3, on: true, state: 'bulk, "x" \\ y', empty: '' };
    const tags = { vendor: 'vic tron', type: 'a=b,c', device: 'ü', site: '' };
    carried.add(
      ...tiers.map(({ tier }) => pointOf(0, { tier, measurement: `battery ${tier}`, tags, fields })),
    );
    await settled(carried);
    for (const { tier } of tiers) {
      const bucket = tier === 'raw' ? 'types' : `types_${tier}`;
      const pivot = 'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")';
      const rows = await influx.rows(`from(bucket: "${bucket}") |> range(start: -1d) |> ${pivot}`);
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({
        _measurement: `battery ${tier}`,
        _time: new Date(nowMs - 60_000).toISOString().replace(/\.?0*Z$/, 'Z'),
        vendor: 'vic tron',
        type: 'a=b,c',
        device: 'ü',
        ...fields,
      });
      expect(rows[0]).not.toHaveProperty('site');
    }
  });
  test('stopped and started in between: nothing is missing and nothing is there twice', async () => {
    const carried = carry(optionsOf('restarts'));
    const points = Array.from({ length: 3_000 }, (_, n) => pointOf(n));
    carried.add(...points.slice(0, 1_500));
    await settled(carried);
    await influx.stop('SIGKILL');
    carried.add(...points.slice(1_500, 2_500));
    await expect.poll(() => carried.view().state).toBe('waiting');
    expect(carried.view().problem).toContain('is not reached');
    await carried.restart();
    carried.add(...points.slice(2_500));
    await influx.start();
    await settled(carried);
    expect(carried.view().readings).toMatchObject({ delivered: 3_000, refused: 0, expired: 0 });
    expect(await countOf('restarts')).toBe(3_000);
    const [sum] = await influx.rows('from(bucket: "restarts") |> range(start: -1d) |> group() |> sum()');
    expect(sum?.['_value']).toBeCloseTo(
      points.reduce((all, { fields }) => all + Number(fields['battery_voltage']), 0),
      6,
    );
  });
  test('written twice is there once', async () => {
    const sink = createInfluxDb2Sink(optionsOf('twice'));
    await sink.prepare?.();
    for (let turn = 0; turn < 2; turn++) await sink.write([pointOf(1), pointOf(2)]);
    expect(await countOf('twice')).toBe(2);
    await sink.close();
  });
  test('refuses a field of another type: it alone is set aside, with its words', async () => {
    const carried = carry(optionsOf('conflict'));
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
        reason: expect.stringContaining('type conflict'),
      },
    ]);
    expect(await countOf('conflict')).toBe(101);
  });
  test('a point too old for its bucket is not sent; a day’s value of ten years ago is', async () => {
    const carried = carry(optionsOf('old'));
    const old = { timeMs: nowMs - 8 * dayMs };
    carried.add(pointOf(0, old), pointOf(1), pointOf(2, { tier: '1d', timeMs: nowMs - 3_650 * dayMs }));
    await settled(carried);
    expect(carried.view().readings).toMatchObject({ delivered: 2, expired: 1, refused: 0 });
    const days = await influx.rows('from(bucket: "old_1d") |> range(start: -11y)');
    expect(days).toHaveLength(1);
  });
  test('a bucket that was there before keeps its own retention, and holds what that allows', async () => {
    const { orgID = '' } =
      (await new BucketsAPI(influx.client).getBuckets({ org: influx.org })).buckets?.[0] ?? {};
    await new BucketsAPI(influx.client).postBuckets({ body: { orgID, name: 'own', retentionRules: [] } });
    const carried = carry(optionsOf('own'));
    carried.add(pointOf(0, { timeMs: nowMs - 8 * dayMs }));
    await settled(carried);
    expect(carried.view().readings).toMatchObject({ delivered: 1, expired: 0 });
    expect((await influx.retentions())['own']).toBe(0);
  });
  test('a field called time is stored under another name, not lost', async () => {
    const carried = carry(optionsOf('clash'));
    carried.add(pointOf(0, { fields: { time: 7, other: 8 } }));
    await settled(carried);
    const rows = await influx.rows('from(bucket: "clash") |> range(start: -1d)');
    expect(rows.map(({ _field, _value }) => [_field, _value])).toEqual([
      ['other', 8],
      ['time_', 7],
    ]);
  });
  test('a name with backslashes keeps its tags apart', async () => {
    const carried = carry(optionsOf('backslash'));
    carried.add(pointOf(0, { tags: { device: 'x\\', type: 'y' }, fields: { 'a\\': 1 } }));
    await settled(carried);
    const rows = await influx.rows('from(bucket: "backslash") |> range(start: -1d)');
    expect(rows).toMatchObject([{ device: 'x_', type: 'y', _field: 'a_', _value: 1 }]);
  });
  test('that makes no buckets waits for the missing one, and goes on when it is there', async () => {
    const carried = carry(optionsOf('forbidden', { createsBuckets: false }));
    carried.add(pointOf(1));
    await expect.poll(() => carried.view().problem).toContain('no bucket "forbidden"');
    const { orgID = '' } =
      (await new BucketsAPI(influx.client).getBuckets({ org: influx.org })).buckets?.[0] ?? {};
    await new BucketsAPI(influx.client).postBuckets({
      body: { orgID, name: 'forbidden', retentionRules: [] },
    });
    await settled(carried);
    expect(await countOf('forbidden')).toBe(1);
    expect(Object.keys(await influx.retentions())).not.toContain('forbidden_2m');
  });
  test('names the buckets that it would make', async () => {
    const sink = createInfluxDb2Sink(optionsOf('named', { tiers: tiers.slice(0, 2) }));
    expect(await sink.missingBuckets()).toEqual(['named', 'named_2m']);
    await sink.prepare?.();
    expect(await sink.missingBuckets()).toEqual([]);
    await sink.close();
  });
});

describe.skipIf(influxd === undefined)('a token', () => {
  const failure = async (options: InfluxDb2Options): Promise<unknown> => {
    const sink = createInfluxDb2Sink(options);
    try {
      await sink.prepare?.();
      await sink.write([pointOf(1)]);
      return undefined;
    } catch (error) {
      return error;
    } finally {
      await sink.close();
    }
  };

  test('that is wrong is a wait that says what to do', async () => {
    const error = await failure(optionsOf('denied', { token: 'wrong' }));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toContain('Give the sink a token that may write to bucket "denied"');
  });
  test('of another organisation, too', async () => {
    const error = await failure(optionsOf('denied', { org: 'elsewhere' }));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toContain('"elsewhere"');
  });
  test('that may only write to one bucket does so, and says which other is missing', async () => {
    const api = new BucketsAPI(influx.client);
    const { orgID = '' } = (await api.getBuckets({ org: influx.org })).buckets?.[0] ?? {};
    const bucket = await api.postBuckets({ body: { orgID, name: 'narrow', retentionRules: [] } });
    const resource = { type: 'buckets', id: bucket.id ?? '', orgID } as const;
    const { token = '' } = await new AuthorizationsAPI(influx.client).postAuthorizations({
      body: { orgID, permissions: [{ action: 'write', resource }] },
    });
    const options = optionsOf('narrow', { token });
    expect(await failure(options)).toBeUndefined();
    const sink = createInfluxDb2Sink(options);
    const missing = await sink.write([pointOf(1, { tier: '2m' })]).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(UnavailableError);
    expect(String(missing)).toMatch(/no bucket "narrow_2m".*Create it, or give the token the right/);
    await sink.close();
  });
  test('a bucket that is deleted while it is written to is made again', async () => {
    const carried = carry(optionsOf('deleted'));
    carried.add(pointOf(1));
    await settled(carried);
    const api = new BucketsAPI(influx.client);
    const { id: bucketID = '' } =
      (await api.getBuckets({ org: influx.org, name: 'deleted' })).buckets?.[0] ?? {};
    await api.deleteBucketsID({ bucketID });
    carried.add(pointOf(2));
    await settled(carried);
    expect(await countOf('deleted')).toBe(1);
    expect(carried.reports).toContainEqual(expect.stringContaining('no bucket "deleted"'));
  });
});

test.skipIf(influxd === undefined)(
  'a batch that a line breaks is refused as a whole, for the halving to find it',
  async () => {
    const sink = createInfluxDb2Sink(optionsOf('broken'));
    await sink.prepare?.();
    const bad = pointOf(1, { measurement: '' });
    await expect(sink.write([pointOf(0), bad])).rejects.toBeInstanceOf(RefusedError);
    await sink.close();
  },
);
