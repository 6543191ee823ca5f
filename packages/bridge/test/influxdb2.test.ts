import { describe, expect, test } from 'vitest';
import { createInfluxDb2Sink } from '../src/sinks/influxdb2.ts';
import { RefusedError } from '../src/sinks/sink.ts';
import { influxd } from './influxd.ts';
import { carry, dayMs, expectTypeConflict, influxScene, nowMs, pointOf, tiers } from './influxdb2-rig.ts';
import { settled } from './sinks-carry.ts';

describe.skipIf(influxd === undefined)('a real InfluxDB', () => {
  const scene = influxScene();

  test('gets every point in its bucket, with its names, types, values and time', async () => {
    const carried = carry(scene.optionsOf('types'));
    const fields = { voltage: 12.5, whole: 3, on: true, state: 'bulk, "x" \\ y', empty: '' };
    const tags = { vendor: 'vic tron', type: 'a=b,c', device: 'ü', site: '' };
    carried.add(
      ...tiers.map(({ tier }) => pointOf(0, { tier, measurement: `battery ${tier}`, tags, fields })),
    );
    await settled(carried);
    for (const { tier } of tiers) {
      const bucket = tier === 'raw' ? 'types' : `types_${tier}`;
      const pivot = 'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")';
      const rows = await scene.influx.rows(`from(bucket: "${bucket}") |> range(start: -1d) |> ${pivot}`);
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
    const carried = carry(scene.optionsOf('restarts'));
    const points = Array.from({ length: 3_000 }, (_, n) => pointOf(n));
    carried.add(...points.slice(0, 1_500));
    await settled(carried);
    await scene.influx.stop('SIGKILL');
    carried.add(...points.slice(1_500, 2_500));
    await expect.poll(() => carried.view().state).toBe('waiting');
    expect(carried.view().problem).toContain('is not reached');
    await carried.restart();
    carried.add(...points.slice(2_500));
    await scene.influx.start();
    await settled(carried);
    expect(carried.view().readings).toMatchObject({ delivered: 3_000, refused: 0, expired: 0 });
    expect(await scene.countOf('restarts')).toBe(3_000);
    const [sum] = await scene.influx.rows(
      'from(bucket: "restarts") |> range(start: -1d) |> group() |> sum()',
    );
    expect(sum?.['_value']).toBeCloseTo(
      points.reduce((all, { fields }) => all + Number(fields['battery_voltage']), 0),
      6,
    );
  });
  test('written twice is there once', async () => {
    const sink = createInfluxDb2Sink(scene.optionsOf('twice'));
    await sink.prepare?.();
    for (let turn = 0; turn < 2; turn++) await sink.write([pointOf(1), pointOf(2)]);
    expect(await scene.countOf('twice')).toBe(2);
    await sink.close();
  });
  test('refuses a field of another type: it alone is set aside, with its words', async () => {
    const carried = carry(scene.optionsOf('conflict'));
    await expectTypeConflict(carried, 'type conflict');
    expect(await scene.countOf('conflict')).toBe(101);
  });
  test('a point too old for its bucket is not sent; a day’s value of ten years ago is', async () => {
    const carried = carry(scene.optionsOf('old'));
    const old = { timeMs: nowMs - 8 * dayMs };
    carried.add(pointOf(0, old), pointOf(1), pointOf(2, { tier: '1d', timeMs: nowMs - 3_650 * dayMs }));
    await settled(carried);
    expect(carried.view().readings).toMatchObject({ delivered: 2, expired: 1, refused: 0 });
    const days = await scene.influx.rows('from(bucket: "old_1d") |> range(start: -11y)');
    expect(days).toHaveLength(1);
  });
  test('a field called time is stored under another name, not lost', async () => {
    const carried = carry(scene.optionsOf('clash'));
    carried.add(pointOf(0, { fields: { time: 7, other: 8 } }));
    await settled(carried);
    const rows = await scene.influx.rows('from(bucket: "clash") |> range(start: -1d)');
    expect(rows.map(({ _field, _value }) => [_field, _value])).toEqual([
      ['other', 8],
      ['time_', 7],
    ]);
  });
  test('a name with backslashes keeps its tags apart', async () => {
    const carried = carry(scene.optionsOf('backslash'));
    carried.add(pointOf(0, { tags: { device: 'x\\', type: 'y' }, fields: { 'a\\': 1 } }));
    await settled(carried);
    const rows = await scene.influx.rows('from(bucket: "backslash") |> range(start: -1d)');
    expect(rows).toMatchObject([{ device: 'x_', type: 'y', _field: 'a_', _value: 1 }]);
  });
  test('a batch that a line breaks is refused as a whole, for the halving to find it', async () => {
    const sink = createInfluxDb2Sink(scene.optionsOf('broken'));
    await sink.prepare?.();
    const bad = pointOf(1, { measurement: '' });
    await expect(sink.write([pointOf(0), bad])).rejects.toBeInstanceOf(RefusedError);
    await sink.close();
  });
});
