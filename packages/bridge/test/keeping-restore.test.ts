// A store of yesterday under sinks of today: what they have stays, and what comes is added.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { StatusView } from '../src/web/status-views.ts';
import { influxd, startInfluxd } from './influxd.ts';
import { openBridgeSite, publish, publisher, readingOf, roof } from './service-rig.ts';

const startMs = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
const run = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => readingOf(from + n, startMs + (from + n) * 10_000));

test.skipIf(influxd === undefined)(
  'after a restore InfluxDB has what it had and what comes, each once; what the store lost is known as missing',
  { timeout: 90_000 },
  async () => {
    const influx = await startInfluxd(influxd ?? '');
    onTestFinished(() => influx.end());
    const site = await openBridgeSite();
    const sink = `{ name: influx, type: influxdb2, url: "${influx.url}", org: ${influx.org}, token: ${influx.token} }`;
    appendFileSync(join(site.folder, 'bridge.yml'), `sinks: [${sink}]\n`);
    const powers = async () =>
      (await influx.values('wattline', 'solar_charger', 'pv_power')).map((row) => (row as number[])[1]);
    const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
    const url = `mqtt://127.0.0.1:${site.brokerPort}`;

    const first = await site.start();
    const before = await publisher(url);
    await publish(before, roof, run(0, 12));
    expect(await site.bridge(['backup', 'copy.db']).ended).toMatchObject({ code: 0 });
    await publish(before, roof, run(12, 12));
    await expect.poll(powers, { timeout: 20_000 }).toEqual(upTo(24));
    expect(await site.bridge(['restore', 'copy.db']).ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/in use by another bridge.*The store stays as it was/),
    });
    await first.stop();
    const restored = await site.bridge(['restore', 'copy.db']).ended;
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(restored.stdout).toMatch(
      /12 readings stored, .*\n.*is kept as .*bridge\.db\.before-.*24 readings/,
    );
    expect(restored.stdout).toMatch(/\n12 readings were stored after the backup/);

    const second = await site.start();
    const after = await publisher(url);
    await publish(after, roof, run(24, 6));
    await expect.poll(powers, { timeout: 20_000 }).toEqual(upTo(30));
    const { accounts } = await site.ask<StatusView>('/api/status');
    expect(accounts).toMatchObject({ stored: 18, received: 18, missing: [{ count: 12 }] });
    await second.stop();
  },
);
