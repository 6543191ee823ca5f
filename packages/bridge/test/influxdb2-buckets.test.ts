import { AuthorizationsAPI, BucketsAPI } from '@influxdata/influxdb-client-apis';
import { describe, expect, test } from 'vitest';
import { createInfluxDb2Sink, type InfluxDb2Options } from '../src/sinks/influxdb2.ts';
import { UnavailableError } from '../src/sinks/sink.ts';
import { influxd } from './influxd.ts';
import { carry, dayMs, influxScene, nowMs, pointOf, tiers } from './influxdb2-rig.ts';
import { settled } from './sinks-carry.ts';

const scene = influxScene();

describe.skipIf(influxd === undefined)('a real InfluxDB', () => {
  test('gets a bucket for raw and for each tier, with the configured retention', async () => {
    const carried = carry(scene.optionsOf('made'));
    carried.add(pointOf(1));
    await settled(carried);
    const made = Object.entries(await scene.influx.retentions()).filter(([name]) => name.startsWith('made'));
    expect(Object.fromEntries(made)).toEqual({
      made: 7 * 86_400,
      made_2m: 7 * 86_400,
      made_5m: 30 * 86_400,
      made_30m: 365 * 86_400,
      made_2h: 3_650 * 86_400,
      made_1d: 0,
    });
  });
  test('a bucket that was there before keeps its own retention, and holds what that allows', async () => {
    await scene.makeBucket('own');
    const carried = carry(scene.optionsOf('own'));
    carried.add(pointOf(0, { timeMs: nowMs - 8 * dayMs }));
    await settled(carried);
    expect(carried.view().readings).toMatchObject({ delivered: 1, expired: 0 });
    expect((await scene.influx.retentions())['own']).toBe(0);
  });
  test('that makes no buckets waits for the missing one, and goes on when it is there', async () => {
    const carried = carry(scene.optionsOf('forbidden', { createsMissing: false }));
    carried.add(pointOf(1));
    await expect.poll(() => carried.view().problem).toContain('no bucket "forbidden"');
    await scene.makeBucket('forbidden');
    await settled(carried);
    expect(await scene.countOf('forbidden')).toBe(1);
    expect(Object.keys(await scene.influx.retentions())).not.toContain('forbidden_2m');
  });
  test('names the buckets that it would make', async () => {
    const sink = createInfluxDb2Sink(scene.optionsOf('named', { tiers: tiers.slice(0, 2) }));
    expect((await sink.plan()).makes).toEqual(['named', 'named_2m']);
    await sink.prepare?.();
    expect(await sink.plan()).toEqual({ makes: [], changes: [], leaves: [], missing: [] });
    await sink.close();
  });
  test.each([
    [{ org: 'nobody' }, /has no organisation "nobody" that this token may see/],
    [{ token: 'wrong' }, /does not accept the token\. Give the sink a token that .* \(unauthorized access\)/],
  ])('tells that it could make none with %j', async (wrong, words) => {
    const sink = createInfluxDb2Sink(scene.optionsOf('unmade', wrong));
    await expect(sink.plan()).rejects.toThrow(words);
    await sink.close();
  });
  test('a bucket that is deleted while it is written to is made again', async () => {
    const carried = carry(scene.optionsOf('deleted'));
    carried.add(pointOf(1));
    await settled(carried);
    const api = new BucketsAPI(scene.influx.client);
    const { id: bucketID = '' } =
      (await api.getBuckets({ org: scene.influx.org, name: 'deleted' })).buckets?.[0] ?? {};
    await api.deleteBucketsID({ bucketID });
    carried.add(pointOf(2));
    await settled(carried);
    expect(await scene.countOf('deleted')).toBe(1);
    expect(carried.reports).toContainEqual(expect.stringContaining('no bucket "deleted"'));
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
    const error = await failure(scene.optionsOf('denied', { token: 'wrong' }));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toContain('Give the sink a token that may write to bucket "denied"');
  });
  test('of another organisation, too', async () => {
    const error = await failure(scene.optionsOf('denied', { org: 'elsewhere' }));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toContain('"elsewhere"');
  });
  test('that may only write to one bucket does so, and says which other is missing', async () => {
    const { id = '', orgID = '' } = await scene.makeBucket('narrow');
    const resource = { type: 'buckets', id, orgID } as const;
    const { token = '' } = await new AuthorizationsAPI(scene.influx.client).postAuthorizations({
      body: { orgID, permissions: [{ action: 'write', resource }] },
    });
    const options = scene.optionsOf('narrow', { token });
    expect(await failure(options)).toBeUndefined();
    const sink = createInfluxDb2Sink(options);
    const missing = await sink.write([pointOf(1, { tier: '2m' })]).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(UnavailableError);
    expect(String(missing)).toMatch(/no bucket "narrow_2m".*Create it, or give the token the right/);
    await sink.close();
  });
});
