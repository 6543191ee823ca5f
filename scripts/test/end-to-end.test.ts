import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { influxd, startInfluxd } from '../../packages/bridge/test/influxd.ts';
import { radioDevices } from '../../packages/simulator/src/demo/devices.ts';
import { plugIn } from '../../packages/simulator/src/demo/hardware.ts';
import { publishHistory } from '../../packages/simulator/src/demo/history.ts';
import { freePort } from '../../packages/simulator/src/services/free-port.ts';
import { hasMosquitto, startMosquitto } from '../../packages/simulator/src/services/mosquitto.ts';
import { createSite } from '../../packages/simulator/src/site/site.ts';

const root = dirname(dirname(import.meta.dirname));
const hourMs = 3_600_000;
const stepMs = 600_000;
const historyMs = 26 * hourMs;
const readingsOfHistory = historyMs / stepMs;
const tiers = ['2m', '5m', '30m', '2h', '1d'];

const isReady = hasMosquitto(process.env) && influxd !== undefined;

function start(name: 'agent' | 'bridge', ...words: string[]) {
  return spawn(process.execPath, [join(root, `packages/${name}/src/main.ts`), ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** How many values of a field a bucket holds, by the database's own count. */
async function countIn(influx: Awaited<ReturnType<typeof startInfluxd>>, bucket: string, field: string) {
  const [row] = await influx.rows(
    `from(bucket: "${bucket}") |> range(start: -30d) |> filter(fn: (r) => r._field == "${field}") |> group() |> count()`,
  );
  return Number(row?.['_value'] ?? 0);
}

test.runIf(isReady)(
  'from the air through Mosquitto into the raw bucket and all tiers of InfluxDB, each reading once',
  { timeout: 180_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wattline-end-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const mosquitto = await startMosquitto();
    onTestFinished(() => mosquitto.remove());
    const influx = await startInfluxd(influxd ?? '');
    onTestFinished(() => influx.end());
    const nowMs = Date.now();
    const hardware = await plugIn(createSite(nowMs - hourMs, 7, 0), folder);
    onTestFinished(() => hardware.close());
    const page = await freePort();
    const bridgeFile = join(folder, 'bridge.yml');
    writeFileSync(
      bridgeFile,
      `broker: { url: "${mosquitto.url}" }\nstore: { path: ${folder}/store }\nweb: { listen: "127.0.0.1:${page}" }\n` +
        `site: { name: End, timezone: Europe/Rome }\nsinks:\n  - { name: influx, type: influxdb2, url: "${influx.url}", ` +
        `org: ${influx.org}, bucket: wattline, token: ${influx.token} }\n`,
    );
    const agentFile = join(folder, 'agent.yml');
    const devices = radioDevices.map(
      ({ name, type, address, key }) =>
        `  - { name: ${name}, definition: victron-ble, type: ${type}, address: "${address}", key: ${key} }\n`,
    );
    writeFileSync(
      agentFile,
      `agent: demo\nmqtt: { host: 127.0.0.1, port: ${mosquitto.port} }\noutbox: { path: ${folder}/outbox }\n` +
        `bluetooth: { adapter: "tcp:127.0.0.1:${hardware.radioPort}" }\ndevices:\n${devices.join('')}`,
    );
    const bridge = start('bridge', '--config', bridgeFile, '--quiet', 'run');
    onTestFinished(async () => {
      const ended = once(bridge, 'exit');
      bridge.kill('SIGTERM');
      await ended;
    });
    const status = () =>
      fetch(`http://127.0.0.1:${page}/api/status`).then(
        (answer) =>
          answer.json() as Promise<{
            accounts: { stored: number };
            sinks: { readings: { delivered: number } }[];
          }>,
        () => undefined,
      );
    await expect.poll(status, { timeout: 30_000 }).toBeDefined();
    const published = await publishHistory({
      brokerUrl: mosquitto.url,
      agent: 'demo',
      site: createSite(nowMs - historyMs, 7, 0),
      fromMs: nowMs - historyMs,
      toMs: nowMs,
      stepMs,
      signal: new AbortController().signal,
    });
    expect(published).toBe(6 * readingsOfHistory);
    const [code] = await once(start('agent', '--config', agentFile, '--quiet', 'once'), 'exit');
    expect(code).toBe(0);
    const all = published + radioDevices.length;
    await expect.poll(async () => (await status())?.accounts.stored, { timeout: 30_000 }).toBe(all);
    await expect
      .poll(async () => (await status())?.sinks[0]?.readings.delivered, { timeout: 30_000 })
      .toBe(all);
    // One charger by radio, one by cable in the history; by radio once more.
    expect(await countIn(influx, 'wattline', 'pv_power')).toBe(2 * readingsOfHistory + 1);
    for (const tier of tiers) {
      await expect
        .poll(() => countIn(influx, `wattline_${tier}`, 'pv_power'), { timeout: 60_000, interval: 500 })
        .toBeGreaterThan(0);
    }
  },
);
