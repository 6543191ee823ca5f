// All points of a series go from a real InfluxDB 1, and no others.

import { describe, expect, onTestFinished, test } from 'vitest';
import { createInfluxDb1Sink } from '../src/sinks/influxdb1.ts';
import { RefusedError } from '../src/sinks/sink.ts';
import { influxd1, startInfluxd1 } from './influxd1.ts';
import { pointOf, tiers } from './influxdb2-rig.ts';
import { noMemory } from './sinks-rig.ts';

describe.skipIf(influxd1 === undefined)('points are removed', { timeout: 30_000 }, () => {
  test('of one series, in every policy at once; not from a time on', async () => {
    const influx = await startInfluxd1(influxd1 ?? '');
    onTestFinished(() => influx.end());
    const sink = createInfluxDb1Sink({
      ...{ url: influx.url, database: 'gone', tiers, createsMissing: true },
      ...{ memory: noMemory(), report: () => undefined },
    });
    await sink.prepare?.();
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
      for (const { tier } of tiers) await sink.remove?.({ tier, tags, fromMs: 0 });
    };
    expect(await left()).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
    await expect(sink.remove?.({ tier: 'raw', tags: barn, fromMs: 1 })).rejects.toThrow(RefusedError);
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
    await sink.close();
  });
});
