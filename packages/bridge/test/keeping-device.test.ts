// A device gets another name, becomes part of another or goes: with the bridge running, without it, and in InfluxDB.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../simulator/src/services/free-port.ts';
import type { AlarmView, DeviceView } from '../src/web/api.ts';
import type { StatusView } from '../src/web/status-views.ts';
import { influxd, startInfluxd } from './influxd.ts';
import { influxd1, startInfluxd1 } from './influxd1.ts';
import { type BridgeSite, openBridgeSite, publish, publisher, readingOf, roof } from './service-rig.ts';
import { textsIn } from './sinks-files-rig.ts';

const minuteMs = 60_000;
const [old, shed] = ['victron/smartsolar/old', 'victron/smartsolar/shed'];
/** The start of a window of two minutes, an hour ago. */
const startMs = Math.floor((Date.now() - 60 * minuteMs) / (2 * minuteMs)) * 2 * minuteMs;
const run = (from: number, count: number, more: object = {}) =>
  Array.from({ length: count }, (_, n) => readingOf(from + n, startMs + (from + n) * 10_000, more));
const alarmed = (sequence: number) =>
  readingOf(sequence, startMs + sequence * 10_000, {
    values: { pv_power: sequence, alarms: ['high_temperature'] },
  });

const topicsOf = async (site: BridgeSite) => {
  const { devices } = await site.ask<{ devices: readonly DeviceView[] }>('/api/devices');
  return devices.map(({ topic }) => topic).toSorted();
};
const powersOf = async (site: BridgeSite, device: string) => {
  const { stdout } = await site.bridge(['export', device, '--format', 'jsonl']).ended;
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).pv_power);
};
const addSinks = (site: BridgeSite, ...sinks: readonly string[]): void =>
  appendFileSync(join(site.folder, 'bridge.yml'), `sinks: [${sinks.join(', ')}]\n`);
const files = '{ name: files, type: jsonl, path: files }';
/** Powers in files, by name of the device. */
const powersInFiles = (site: BridgeSite): { readonly [name: string]: readonly number[] } => {
  const all = Object.entries(textsIn(join(site.folder, 'files')));
  const byName = Map.groupBy(all, ([name]) => name.split('/')[0] ?? '');
  return Object.fromEntries(
    [...byName].map(([name, texts]) => [
      name,
      texts.flatMap(([, text]) =>
        text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).pv_power),
      ),
    ]),
  );
};
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

test('while the bridge runs: said first, done when it is meant, and what still comes has the new name', {
  timeout: 60_000,
}, async () => {
  const site = await openBridgeSite();
  addSinks(site, files);
  const bridge = await site.start();
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await publish(client, old, [...run(0, 12), alarmed(12)]);
  await publish(client, shed, run(0, 1, { agent: 'hut' }));
  const said = await site.bridge(['device', 'rename', 'old', 'roof']).ended;
  expect(said).toMatchObject({ code: 0, stderr: '' });
  expect(said.stdout).toMatch(/old of barn becomes victron\/smartsolar\/roof of barn: 13 readings/);
  expect(said.stdout).toMatch(/\nNothing is changed yet: say --yes to do it\.\n$/);
  expect(await topicsOf(site)).toEqual([old, shed]);
  const done = await site.bridge(['device', 'rename', 'old', 'roof', '--yes']).ended;
  expect(done).toMatchObject({ code: 0, stderr: '' });
  await publish(client, old, run(13, 2));
  expect(await topicsOf(site)).toEqual([roof, shed]);
  expect(await powersOf(site, 'roof')).toEqual(upTo(15));
  const { alarms } = await site.ask<{ alarms: readonly AlarmView[] }>(`/api/alarms?from=${startMs}`);
  expect(alarms.filter(({ level }) => level === 'alarm')).toMatchObject([
    { device: expect.stringMatching(/^roof-/), name: 'roof', code: 'alarms.high_temperature' },
  ]);
  await expect.poll(() => powersInFiles(site), { timeout: 10_000 }).toEqual({ roof: upTo(15), shed: [0] });
  await bridge.stop();
});

test('while none runs: two become one, one goes, and a new bridge shows it so', {
  timeout: 60_000,
}, async () => {
  const site = await openBridgeSite();
  // Nobody listens at that port.
  addSinks(site, files, `{ name: dead, type: influxdb1, url: "http://127.0.0.1:${await freePort()}" }`);
  const first = await site.start();
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await publish(client, old, run(0, 12));
  await publish(client, roof, run(12, 12));
  await publish(client, shed, run(24, 1));
  await expect
    .poll(() => powersInFiles(site), { timeout: 10_000 })
    .toEqual({ old: upTo(12), roof: upTo(24).slice(12), shed: [24] });
  await first.stop();
  const merged = await site.bridge(['device', 'merge', 'old', 'roof', '--yes']).ended;
  expect(merged).toMatchObject({ code: 0 });
  expect(merged.stdout).toMatch(
    /sink files: nothing has the old name any more\nsink dead: not yet, and tried again/,
  );
  const deleted = await site.bridge(['device', 'delete', 'shed', '--yes']).ended;
  expect(deleted.stdout).toMatch(/shed of barn goes: 1 readings stored so far/);
  expect(await powersOf(site, 'roof')).toEqual(upTo(24));
  expect((await site.bridge(['export', 'shed']).ended).stderr).toMatch(/there is no device shed/);
  const second = await site.start();
  expect(await topicsOf(site)).toEqual([roof]);
  expect(powersInFiles(site)).toEqual({ roof: upTo(24) });
  const { accounts, sinks } = await site.ask<StatusView>('/api/status');
  // The names old and shed.
  expect(sinks.map(({ name, changes }) => [name, changes?.waiting])).toEqual([
    ['files', 0],
    ['dead', 2],
  ]);
  expect(accounts).toMatchObject({ received: 25, stored: 25 });
  await second.stop();
});

test('what cannot be is explained', { timeout: 60_000 }, async () => {
  const site = await openBridgeSite();
  const bridge = await site.start();
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await publish(client, old, run(0, 1));
  await publish(client, roof, run(1, 1));
  const post = (path: string, body: object, headers: object = {}) =>
    fetch(`http://127.0.0.1:${site.pagePort}/api/devices/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ dry_run: false, ...body }),
    });
  const failures = [
    ['old/rename', { into: 'roof' }, 409, /merge makes one of both/],
    ['old/rename', { into: 'a b' }, 409, /a b.* is no name/],
    ['old/rename', { into: 'wattline/agent/barn' }, 409, /is no name/],
    ['old/merge', { into: 'old' }, 409, /called so already/],
    ['old/merge', { into: 'nobody' }, 404, /No device has the id .*nobody/],
    ['old/merge', {}, 400, /into/],
  ] as const;
  for (const [path, body, status, explanation] of failures) {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(explanation);
  }
  expect((await post('old/delete', {}, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(401);
  const [nobody, nothing] = await Promise.all([
    site.bridge(['device', 'delete', 'nobody', '--yes']).ended,
    site.bridge(['device', 'delete']).ended,
  ]);
  expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no device nobody') });
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('missing required argument') });
  expect(await topicsOf(site)).toEqual([old, roof]);
  await bridge.stop();
});

/** Publishes two devices and renames one of them, with a sink beside. @param counts of what it has, raw and of a tier, by device */
async function expectRenamed(site: BridgeSite, counts: () => Promise<readonly object[]>) {
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await publish(client, old, run(0, 24));
  await publish(client, shed, run(24, 24));
  await expect.poll(counts, { timeout: 30_000 }).toEqual([
    { old: 24, shed: 24 },
    { old: 2, shed: 2 },
  ]);
  const { stdout } = await site.bridge(['device', 'rename', 'old', 'roof', '--yes']).ended;
  expect(stdout).toMatch(/sink influx: the old name is removed; 24 readings are written again/);
  await expect.poll(counts, { timeout: 30_000 }).toEqual([
    { roof: 24, shed: 24 },
    { roof: 2, shed: 2 },
  ]);
}

describe.skipIf(influxd === undefined)('in InfluxDB 2', () => {
  test('the old name is gone, and its points have the new one', { timeout: 90_000 }, async () => {
    const influx = await startInfluxd(influxd ?? '');
    try {
      const site = await openBridgeSite();
      addSinks(
        site,
        `{ name: influx, type: influxdb2, url: "${influx.url}", org: ${influx.org}, token: ${influx.token} }`,
      );
      const bridge = await site.start();
      const counts = async (bucket: string, measurement: string) => {
        const rows = await influx.rows(
          `from(bucket: "${bucket}") |> range(start: -1d) |> filter(fn: (r) => r._measurement == "${measurement}" and r._field == "pv_power") |> group(columns: ["device"]) |> count()`,
        );
        return Object.fromEntries(rows.map((row) => [row['device'], row['_value']]));
      };
      const both = async () => [
        await counts('wattline', 'solar_charger'),
        await counts('wattline_2m', 'solar_charger_mean'),
      ];
      await expectRenamed(site, both);
      await site.bridge(['device', 'delete', 'shed', '--yes']).ended;
      await expect.poll(both, { timeout: 30_000 }).toEqual([{ roof: 24 }, { roof: 2 }]);
      await bridge.stop();
    } finally {
      await influx.end();
    }
  });
});

describe.skipIf(influxd1 === undefined)('in InfluxDB 1', () => {
  test('the old name is gone, and its points have the new one', { timeout: 90_000 }, async () => {
    const influx = await startInfluxd1(influxd1 ?? '');
    onTestFinished(() => influx.end());
    const site = await openBridgeSite();
    addSinks(site, `{ name: influx, type: influxdb1, url: "${influx.url}", database: victron }`);
    const bridge = await site.start();
    const counts = async (policy: string, measurement: string) => {
      const names = ['old', 'roof', 'shed'];
      const from = `FROM "victron"."${policy}"."${measurement}"`;
      const found = await Promise.all(
        names.map(async (device) => {
          const [row] = await influx.query(`SELECT count("pv_power") ${from} WHERE "device" = '${device}'`);
          return row === undefined ? [] : [[device, row[1]] as const];
        }),
      );
      return Object.fromEntries(found.flat());
    };
    const both = async () => [await counts('raw', 'solar_charger'), await counts('2m', 'solar_charger_mean')];
    await expectRenamed(site, both);
    await bridge.stop();
  });
});
