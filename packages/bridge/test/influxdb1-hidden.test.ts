// A real InfluxDB 1 forgets a measurement in which others still are, when a series is removed: they are seen again.

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createInfluxDb1Sink } from '../src/sinks/influxdb1.ts';
import { influxd1, startInfluxd1 } from './influxd1.ts';
import { dayMs, nowMs, pointOf, tiers } from './influxdb2-rig.ts';
import { noMemory } from './sinks-rig.ts';

describe.skipIf(influxd1 === undefined)('after two removals', { timeout: 30_000 }, () => {
  test('what came between them is still seen, unchanged, in every policy', async () => {
    const influx = await startInfluxd1(influxd1 ?? '');
    onTestFinished(() => influx.end());
    const sink = createInfluxDb1Sink({
      ...{ url: influx.url, database: 'hidden', tiers, createsMissing: true },
      ...{ memory: noMemory(), report: () => undefined, clock: Date.now },
    });
    await sink.prepare?.();
    const tagsOf = (device: string) => ({ vendor: 'victron', type: 'smartsolar', device, agent: 'barn' });
    const write = (device: string, days: readonly number[]) =>
      sink.write(
        days.flatMap((day) =>
          [
            { tier: 'raw', measurement: 'battery' },
            { tier: '2m', measurement: 'battery_mean' },
            { tier: '5m', measurement: 'battery_mean' },
          ].map((where) =>
            pointOf(day, {
              ...where,
              ...{ tags: tagsOf(device), fields: { day, word: `it's "${day}"`, on: true } },
              timeMs: nowMs - day * dayMs,
            }),
          ),
        ),
      );
    const remove = async (device: string) =>
      sink.remove?.(tiers.map(({ tier }) => ({ tier, tags: tagsOf(device), fromMs: 0 })));
    const seen = async (tier: string, measurement: string) =>
      (
        await influx.query(`SELECT "device", "day", "word", "on" FROM "hidden"."${tier}"."${measurement}"`)
      ).map(([, ...row]) => row.join(' '));
    await write('first', [0]);
    await write('second', [0, 0.1, 1]);
    await remove('first');
    await write('third', [0, 2]);
    await remove('second');
    const third = [2, 0].map((day) => `third ${day} it's "${day}" true`);
    expect(await seen('raw', 'battery')).toEqual(third);
    expect(await seen('2m', 'battery_mean')).toEqual(third);
    expect(await seen('5m', 'battery_mean')).toEqual(third);
    await remove('third');
    expect(await seen('raw', 'battery')).toEqual([]);
    await sink.close();
  });
});

test.skipIf(influxd1 === undefined)('a user that may write only removes all the same', async () => {
  const influx = await startInfluxd1(influxd1 ?? '', { signsIn: true });
  onTestFinished(() => influx.end());
  const admin = 'admin:let me';
  await influx.query(`CREATE USER admin WITH PASSWORD 'let me' WITH ALL PRIVILEGES`);
  await influx.query('CREATE DATABASE shut WITH NAME raw', admin);
  await influx.query(`CREATE USER writer WITH PASSWORD 'w'`, admin);
  await influx.query('GRANT WRITE ON "shut" TO writer', admin);
  const sink = createInfluxDb1Sink({
    ...{ url: influx.url, database: 'shut', username: 'writer', password: 'w', clock: Date.now },
    ...{ tiers: [{ tier: 'raw', keepMs: null }], createsMissing: false },
    ...{ memory: noMemory(), report: () => undefined },
  });
  const tags = { device: 'one' };
  await sink.write([pointOf(1, { tags }), pointOf(1, { tags: { device: 'two' } })]);
  await sink.remove?.([{ tier: 'raw', tags, fromMs: 0 }]);
  const left = await influx.query('SHOW TAG VALUES ON "shut" WITH KEY = "device"', admin);
  expect(left.map(([, device]) => device)).toEqual(['two']);
  await sink.close();
});

test('nothing is written while it is removed, and nothing removed while it is written', async () => {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response: ServerResponse) => {
    asked.push(new URL(request.url ?? '', 'http://x').pathname);
    request.resume();
    waiting.push(() => {
      if (request.url?.startsWith('/write')) response.writeHead(204).end();
      else response.end('{"results":[{}]}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const sink = createInfluxDb1Sink({
    ...{ url, database: 'd', tiers, createsMissing: true, clock: Date.now },
    ...{ memory: noMemory(), report: () => undefined },
  });
  const until = (count: number) => expect.poll(() => asked.length).toBe(count);
  const next = () => waiting.shift()?.();
  const first = sink.write([pointOf(1)]);
  const second = sink.write([pointOf(2)]);
  await until(2);
  const removed = sink.remove?.([{ tier: 'raw', tags: { device: 'a' }, fromMs: 0 }]);
  const third = sink.write([pointOf(3)]);
  next();
  await first;
  next();
  await second;
  await until(3);
  // What is removed is looked for, then removed.
  next();
  await until(4);
  next();
  await removed;
  await until(5);
  next();
  await third;
  expect(asked).toEqual(['/write', '/write', '/query', '/query', '/write']);
  await sink.close();
});
