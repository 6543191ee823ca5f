import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createInfluxDb1Sink, type InfluxDb1Options } from '../src/sinks/influxdb1.ts';
import { RefusedError, UnavailableError } from '../src/sinks/sink.ts';
import { type Influx1, influxd1, startInfluxd1 } from './influxd1.ts';
import { dayMs, expectTypeConflict, nowMs, pointOf, tiers } from './influxdb2-rig.ts';
import { carrySink, settled } from './sinks-carry.ts';
import { noMemory } from './sinks-rig.ts';

let influx: Influx1;
beforeAll(async () => {
  if (influxd1) influx = await startInfluxd1(influxd1);
});
afterAll(() => influx?.end());

const optionsOf = (database: string, more: Partial<InfluxDb1Options> = {}): InfluxDb1Options => ({
  ...{
    url: influx.url,
    database,
    tiers,
    createsMissing: true,
    memory: noMemory(),
    report: () => {},
    clock: Date.now,
  },
  ...more,
});
const carry = (options: InfluxDb1Options) => carrySink(() => createInfluxDb1Sink(options));

describe.skipIf(influxd1 === undefined)('a real InfluxDB 1', () => {
  test('gets a database with a policy for raw and for each tier, with the configured retention', async () => {
    const options = optionsOf('made');
    const asking = createInfluxDb1Sink(options);
    expect(await asking.plan()).toMatchObject({
      makes: ['"made"."raw"', '"made"."2m"', '"made"."5m"', '"made"."30m"', '"made"."2h"', '"made"."1d"'],
    });
    const carried = carry(options);
    carried.add(pointOf(1));
    await settled(carried);
    expect(await influx.policies('made')).toEqual({
      raw: '168h0m0s default',
      '2m': '168h0m0s',
      '5m': '720h0m0s',
      '30m': '8760h0m0s',
      '2h': '87600h0m0s',
      '1d': '0s',
    });
    expect(await asking.plan()).toEqual({ makes: [], changes: [], leaves: [], missing: [] });
  });
  test('in a database that was there gets its policies beside those that it has', async () => {
    await influx.query('CREATE DATABASE "old"');
    const carried = carry(optionsOf('old'));
    carried.add(pointOf(1));
    await settled(carried);
    expect(await influx.policies('old')).toMatchObject({ autogen: '0s default', raw: '168h0m0s' });
    expect(await influx.query('SELECT count(*) FROM "old"."raw"."battery"')).toEqual([[0, 1]]);
  });
  test('gets every point in its policy, with its names, types, values and time', async () => {
    const carried = carry(optionsOf('types'));
    const fields = { voltage: 12.5, whole: 3, on: true, state: 'bulk, "x" \\ y', empty: '', time: 7 };
    const tags = { vendor: 'vic tron', type: 'a=b,c', device: 'ü', site: '' };
    carried.add(...tiers.map(({ tier }) => pointOf(0, { tier, tags, fields })));
    await settled(carried);
    for (const { tier } of tiers) {
      const columns = 'voltage, whole, "on", "state", "empty", time_, vendor, type, device';
      expect(await influx.query(`SELECT ${columns} FROM "types"."${tier}"."battery"`)).toEqual([
        [nowMs - 60_000, 12.5, 3, true, 'bulk, "x" \\ y', '', 7, 'vic tron', 'a=b,c', 'ü'],
      ]);
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
    expect(carried.view().problem).toMatch(/is not reached: .*ECONNREFUSED/);
    await carried.restart();
    carried.add(...points.slice(2_500));
    await influx.start();
    await settled(carried);
    expect(carried.view().readings).toMatchObject({ delivered: 3_000, refused: 0, expired: 0 });
    expect(await influx.query('SELECT battery_voltage FROM "restarts"."raw"."battery"')).toEqual(
      points.map(({ timeMs, fields }) => [timeMs, fields['battery_voltage']]),
    );
  });
  test('refuses a field of another type: it alone is set aside, with its words', async () => {
    const carried = carry(optionsOf('conflict'));
    await expectTypeConflict(carried, 'field type conflict');
    expect(
      await influx.query(
        'SELECT count(battery_voltage), count(battery_current) FROM "conflict"."raw"."battery"',
      ),
    ).toEqual([[0, 100, 1]]);
  });
  test('a point too old for its policy is not sent; a day’s value of ten years ago is', async () => {
    const carried = carry(optionsOf('aged'));
    carried.add(
      pointOf(0, { timeMs: nowMs - 8 * dayMs }),
      pointOf(1),
      pointOf(2, { tier: '1d', timeMs: nowMs - 3_650 * dayMs }),
    );
    await settled(carried);
    expect(carried.view().readings).toMatchObject({ delivered: 2, expired: 1, refused: 0 });
    expect(await influx.query('SELECT count(*) FROM "aged"."1d"."battery"')).toEqual([[0, 1]]);
  });
  test('a batch that a line breaks is refused, for the halving to find it', async () => {
    const sink = createInfluxDb1Sink(optionsOf('broken'));
    await sink.prepare?.();
    await expect(sink.write([pointOf(0), pointOf(1, { measurement: '' })])).rejects.toBeInstanceOf(
      RefusedError,
    );
  });
  test('a database that is dropped while it is written to is made again', async () => {
    const carried = carry(optionsOf('dropped'));
    carried.add(pointOf(1));
    await settled(carried);
    await influx.query('DROP DATABASE "dropped"');
    carried.add(pointOf(2));
    await settled(carried);
    expect(carried.reports).toContainEqual(expect.stringContaining('no policy "dropped"."raw"'));
    expect(await influx.query('SELECT battery_voltage FROM "dropped"."raw"."battery"')).toHaveLength(1);
  });
  test('that may make nothing waits for the missing policy', async () => {
    await influx.query('CREATE DATABASE "narrow"');
    const carried = carry(optionsOf('narrow', { createsMissing: false }));
    carried.add(pointOf(1));
    await expect.poll(() => carried.view().problem).toContain('no policy "narrow"."raw". Create it');
    await influx.query('CREATE RETENTION POLICY "raw" ON "narrow" DURATION INF REPLICATION 1');
    await settled(carried);
  });
});

test.skipIf(influxd1 === undefined)('where users must sign in, the configured one does', async () => {
  const closed = await startInfluxd1(influxd1 ?? '', { signsIn: true });
  onTestFinished(() => closed.end());
  await closed.query(`CREATE USER admin WITH PASSWORD 'let me' WITH ALL PRIVILEGES`);
  const failure = async (more: Partial<InfluxDb1Options>): Promise<unknown> => {
    const sink = createInfluxDb1Sink({ ...optionsOf('shut', more), url: closed.url });
    try {
      await sink.prepare?.();
      return await sink.write([pointOf(1)]);
    } catch (error) {
      return error;
    }
  };
  for (const user of [{}, { username: 'admin', password: 'wrong' }]) {
    const error = await failure(user);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toContain('Give the sink a user that may write to database "shut"');
    expect(String(error)).not.toContain('wrong');
    const looked = createInfluxDb1Sink({ ...optionsOf('shut', user), url: closed.url });
    await expect(looked.plan()).rejects.toThrow(/does not accept the user\. Give the sink a user that may/);
  }
  expect(await failure({ username: 'admin', password: 'let me' })).toBeUndefined();
  await closed.query(`CREATE USER writer WITH PASSWORD 'w'`, 'admin:let me');
  await closed.query('GRANT ALL ON "shut" TO writer', 'admin:let me');
  expect(await failure({ username: 'writer', password: 'w' })).toBeUndefined();
});
