import { once } from 'node:events';
import { appendFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { StatusView } from '../src/web/status-views.ts';
import { openBridgeSite, publish, publisher, readingOf, roof } from './service-rig.ts';
import { textsIn } from './sinks-files-rig.ts';

const nowMs = Date.now() - 60_000;
const readings = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => readingOf(from + n, nowMs + (from + n) * 10));

/** Powers in the files of a folder, in their order. */
const powersIn = (folder: string): readonly number[] =>
  Object.values(textsIn(folder)).flatMap((text) =>
    text.split('\n').flatMap((line) => (line === '' ? [] : [Number(JSON.parse(line).pv_power)])),
  );
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

test('sinks of a whole bridge: files fill, a dead store delays nobody, replay works while it runs and when not', async () => {
  // Takes connections and says nothing.
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  onTestFinished(() => void silent.close());
  const site = await openBridgeSite();
  const folder = join(site.folder, 'files');
  appendFileSync(
    join(site.folder, 'bridge.yml'),
    `sinks:\n  - { name: dead, type: influxdb1, url: "http://127.0.0.1:${port}" }\n  - { name: files, type: jsonl, path: files }\n`,
  );
  const sinkOf = ({ sinks }: StatusView, name: string) => sinks.find((sink) => sink.name === name);
  const bridge = await site.start();
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await publish(client, roof, readings(0, 300));
  const status = await site.until<StatusView>(
    '/api/status',
    (view) => sinkOf(view, 'files')?.readings.delivered === 300,
  );
  expect(powersIn(folder)).toEqual(upTo(300));
  expect(sinkOf(status, 'dead')?.readings).toMatchObject({ delivered: 0, pending: 300 });

  rmSync(folder, { recursive: true });
  const replay = await site.bridge(['replay', '--sink', 'files']).ended;
  expect(replay).toMatchObject({ code: 0 });
  expect(replay.stdout).toContain(
    'sink files done: 300 readings and 0 windows of the tiers written, 0 refused',
  );
  expect(powersIn(folder)).toEqual(upTo(300));

  await client.endAsync(true);
  await bridge.stop();
  rmSync(folder, { recursive: true });
  const alone = await site.bridge(['replay', '--sink', 'files', '--from', String(nowMs + 1_000)]).ended;
  expect(alone).toMatchObject({ code: 0 });
  expect(alone.stdout).toContain('200 readings');
  expect(powersIn(folder)).toEqual(upTo(300).slice(100));

  const wrong = await site.bridge(['replay', '--sink', 'fils']).ended;
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('there is no sink fils');
});

test('a sink that is added later begins from then on, or with all that is kept', async () => {
  const site = await openBridgeSite();
  const bridge = await site.start();
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await publish(client, roof, readings(0, 20));
  await client.endAsync(true);
  await bridge.stop();
  appendFileSync(
    join(site.folder, 'bridge.yml'),
    'sinks:\n  - { name: later, type: jsonl, path: later }\n  - { name: whole, type: jsonl, path: whole, from: beginning }\n',
  );
  await site.start();
  const again = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await publish(again, roof, readings(20, 25));
  const { sinks } = await site.until<StatusView>('/api/status', (view) =>
    view.sinks.every((sink) => sink.readings.pending === 0 && sink.readings.delivered > 0),
  );
  expect(sinks.map(({ readings: { delivered, skipped } }) => [delivered, skipped])).toEqual([
    [5, 20],
    [25, undefined],
  ]);
  expect(powersIn(join(site.folder, 'later'))).toEqual([20, 21, 22, 23, 24]);
  expect(powersIn(join(site.folder, 'whole'))).toEqual(upTo(25));
});
