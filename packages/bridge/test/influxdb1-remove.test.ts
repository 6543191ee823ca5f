// All points of a series go from a real InfluxDB 1, and no others.

import { describe, expect, onTestFinished, test } from 'vitest';
import { createInfluxDb1Sink } from '../src/sinks/influxdb1.ts';
import { influxd1, startInfluxd1 } from './influxd1.ts';
import { nowMs, pointOf, tiers } from './influxdb2-rig.ts';
import { noMemory } from './sinks-rig.ts';

async function openSink() {
  const influx = await startInfluxd1(influxd1 ?? '');
  onTestFinished(() => influx.end());
  const sink = createInfluxDb1Sink({
    ...{ url: influx.url, database: 'gone', tiers, createsMissing: true },
    ...{ memory: noMemory(), report: () => undefined, clock: Date.now },
  });
  await sink.prepare?.();
  onTestFinished(() => sink.close());
  return { influx, sink };
}

describe.skipIf(influxd1 === undefined)('points are removed', { timeout: 30_000 }, () => {
  test('of one series, in every policy at once', async () => {
    const { influx, sink } = await openSink();
    const barn = { vendor: 'victron', type: 'smartsolar', device: "it's", agent: 'barn' };
    const { agent: _, ...unnamed } = barn;
    const all = [
      { ...barn, site: 'cabin' },
      { ...barn, agent: 'hut' },
      unnamed,
      { ...barn, device: 'other' },
    ];
    const points = all.flatMap((tags, n) =>
      ['raw', '2m'].map((tier) => pointOf(n, { tier, tags, fields: { n } })),
    );
    await sink.write(points);
    const left = async () => {
      const rows: unknown[] = [];
      for (const tier of ['raw', '2m'])
        rows.push((await influx.query(`SELECT "n" FROM "gone"."${tier}"."battery"`)).map(([, n]) => n));
      return rows;
    };
    const removeAll = async (tags: { [tag: string]: string }) => {
      await sink.remove?.(tiers.map(({ tier }) => ({ tier, tags, fromMs: 0 })));
    };
    expect(await left()).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
    await removeAll(barn);
    expect(await left()).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    await removeAll(unnamed);
    expect(await left()).toEqual([
      [1, 3],
      [1, 3],
    ]);
  });

  test('from a time on: raw as far back as the log, windows as far back as all of them can be written again', async () => {
    const { influx, sink } = await openSink();
    const barn = { vendor: 'victron', type: 'smartsolar', device: 'roof', agent: 'barn' };
    const { agent: _, ...unnamed } = barn;
    const minute = 60_000;
    const [, finer = '', coarser = ''] = tiers.map(({ tier }) => tier);
    const at = (tier: string, measurement: string, minutes: number, tags: { [tag: string]: string } = barn) =>
      pointOf(minutes, { tier, measurement, tags, fields: { minutes }, timeMs: nowMs + minutes * minute });
    const other = [barn, unnamed].map((tags) => ({ ...tags, device: 'other' }));
    await sink.write([
      ...[-30, -20, -10].flatMap((minutes) =>
        [barn, unnamed, ...other].map((tags) => at('raw', 'battery', minutes, tags)),
      ),
      ...[-10, -5].map((minutes) => at(finer, 'battery_mean', minutes)),
      ...[-40, -20].map((minutes) => at(coarser, 'battery_mean', minutes)),
      at(coarser, 'battery_bit_or', -40),
    ]);
    const left = async (tier: string, measurement: string, device = 'roof') =>
      (
        await influx.query(
          `SELECT "minutes" FROM "gone"."${tier}"."${measurement}" WHERE "device" = '${device}'`,
        )
      ).map(([, minutes]) => minutes);
    const removal = (tier: string, minutes: number) => ({
      tier,
      tags: barn,
      fromMs: nowMs + minutes * minute,
    });

    await sink.remove?.([removal('raw', -20), removal(finer, -5), removal(coarser, -40)]);
    expect(await left('raw', 'battery')).toEqual([-30, -30, -20, -10]);
    // Ten minutes ago is a finer window that cannot be written again: before five minutes nothing of the tiers goes.
    expect(await left(finer, 'battery_mean')).toEqual([-10]);
    expect(await left(coarser, 'battery_mean')).toEqual([-40, -20]);

    await sink.remove?.([removal('raw', -20), removal(finer, -10), removal(coarser, -40)]);
    expect(await left(finer, 'battery_mean')).toEqual([]);
    expect(await left(coarser, 'battery_mean')).toEqual([]);
    expect(await left(coarser, 'battery_bit_or')).toEqual([]);
    expect(await left('raw', 'battery', 'other')).toEqual([-30, -30, -20, -20, -10, -10]);

    await sink.remove?.([{ ...removal('raw', -20), tags: unnamed }]);
    expect(await left('raw', 'battery')).toEqual([-30, -30]);
    // A device that has the name again keeps what is later than the one that went.
    await sink.remove?.([{ ...removal('raw', -60), fromMs: 0, toMs: nowMs - 31 * minute }]);
    expect(await left('raw', 'battery')).toEqual([-30, -30]);
    await sink.remove?.([{ ...removal('raw', -60), fromMs: 0, toMs: nowMs - 29 * minute }]);
    expect(await left('raw', 'battery')).toEqual([-30]);
  });
});
