// The way of one reading: from the air and from a cable through agent, Mosquitto and bridge into InfluxDB. A witness at the
// broker tells what was published; everything else is compared with that.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Arrival, subscribeAll } from '../../packages/agent/test/delivery-brokers.ts';
import { influxd, startInfluxd } from '../../packages/bridge/test/influxd.ts';
import { scratchFolder } from '../../packages/program/test/scratch-folder.ts';
import { writeAgent } from '../../packages/simulator/src/demo/configurations.ts';
import { plugIn } from '../../packages/simulator/src/demo/hardware.ts';
import { publishHistory } from '../../packages/simulator/src/demo/history.ts';
import { victronDevices } from '../../packages/simulator/src/demo/victron.ts';
import { freePort } from '../../packages/simulator/src/services/free-port.ts';
import { hasMosquitto, startMosquitto } from '../../packages/simulator/src/services/mosquitto.ts';
import { startFromSource } from '../../packages/simulator/src/services/program.ts';
import { createSite } from '../../packages/simulator/src/site/site.ts';

const hourMs = 3_600_000;
const stepMs = 600_000;
const historyMs = 26 * hourMs;
const stepsOfHistory = historyMs / stepMs;
const timeZone = 'Europe/Rome';

/** ms; 1d by the days of the site. */
const tiers = { '2m': 120_000, '5m': 300_000, '30m': 1_800_000, '2h': 7_200_000, '1d': undefined };

const isReady = hasMosquitto(process.env) && influxd !== undefined;
type Influx = Awaited<ReturnType<typeof startInfluxd>>;

/** Everything that was published: device, field, time → number. */
type Numbers = Map<string, number>;
const keyOf = (device: string, field: string, timeMs: number) => `${device} ${field} ${timeMs}`;

const readingsOf = (arrivals: readonly Arrival[]): readonly Arrival[] =>
  arrivals.filter(({ topic }) => topic.startsWith('victron/'));

function numbersOf(arrivals: readonly Arrival[]): Numbers {
  const numbers: Numbers = new Map();
  for (const { topic, payload } of readingsOf(arrivals)) {
    const { _timestamp, ...values } = JSON.parse(payload);
    for (const [field, value] of Object.entries(values)) {
      if (typeof value !== 'number' || field.startsWith('_')) continue;
      numbers.set(keyOf(topic.split('/')[2] ?? '', field, _timestamp), value);
    }
  }
  return numbers;
}

/** Every number in a bucket, under its measurement. */
async function numbersIn(influx: Influx, bucket: string, measurement: RegExp): Promise<Numbers> {
  const rows = await influx.rows(
    `import "types"
      from(bucket: "${bucket}") |> range(start: -30d) |> filter(fn: (r) => r._measurement =~ /${measurement.source}/)
      |> filter(fn: (r) => types.isType(v: r._value, type: "float"))
      |> keep(columns: ["device", "_field", "_time", "_value"]) |> group()`,
  );
  return new Map(
    rows.map(({ device, _field, _time, _value }) => [
      keyOf(String(device), String(_field), Date.parse(String(_time))),
      Number(_value),
    ]),
  );
}

/** What is missing, too much or another number; some of it, should it be much. */
const differences = (published: Numbers, stored: Numbers): string[] =>
  [...new Set([...published.keys(), ...stored.keys()])]
    .filter((key) => published.get(key) !== stored.get(key))
    .slice(0, 10)
    .map((key) => `${key}: ${published.get(key)} was published, ${stored.get(key)} is stored`);

const patience = { timeout: 60_000, interval: 500 };

const dayOf = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });

/** Means of a field by the start of its window; a day by any time in it. */
function meansOf(numbers: Numbers, device: string, field: string, everyMs: number | undefined): number[] {
  const windows = new Map<number | string, number[]>();
  for (const [key, value] of numbers) {
    const [of, name, time] = key.split(' ');
    if (of !== device || name !== field) continue;
    const window = everyMs === undefined ? dayOf.format(Number(time)) : Math.floor(Number(time) / everyMs);
    windows.set(window, [...(windows.get(window) ?? []), value]);
  }
  const means = [...windows].map(([window, all]) => [
    window,
    all.reduce((sum, each) => sum + each) / all.length,
  ]);
  return means.toSorted(([a = 0], [b = 0]) => (a < b ? -1 : 1)).map(([, mean]) => Number(mean));
}

test.runIf(isReady)(
  'from the air and a cable through Mosquitto into the raw bucket and all tiers of InfluxDB, each reading once',
  { timeout: 180_000 },
  async () => {
    const folder = scratchFolder();
    const mosquitto = await startMosquitto();
    onTestFinished(() => mosquitto.remove());
    const influx = await startInfluxd(influxd ?? '');
    onTestFinished(() => influx.end());
    const nowMs = Date.now();
    const hardware = await plugIn(victronDevices(createSite(nowMs - hourMs, 7, 0)), folder);
    onTestFinished(() => hardware.close());
    const { arrivals, until } = await subscribeAll(mosquitto);
    const page = `127.0.0.1:${await freePort()}`;
    writeFileSync(
      join(folder, 'bridge.yml'),
      `broker: { url: "${mosquitto.url}" }\nstore: { path: store }\nweb: { listen: "${page}" }\n` +
        `site: { name: End, timezone: ${timeZone} }\nsinks:\n  - { name: influx, type: influxdb2, url: "${influx.url}", ` +
        `org: ${influx.org}, bucket: wattline, token: ${influx.token} }\n`,
    );
    const bridge = startFromSource('bridge', ['--quiet', 'run'], { folder });
    onTestFinished(async () => expect(await bridge.stop()).toMatchObject({ code: 0 }));
    // Before it has met the bridge, the broker keeps nothing for it.
    await expect
      .poll(
        () =>
          fetch(`http://${page}/readyz`).then(
            ({ ok }) => ok,
            () => false,
          ),
        patience,
      )
      .toBe(true);
    const devices = victronDevices(createSite(nowMs - historyMs, 7, 0));
    const published = await publishHistory({
      ...{ brokerUrl: mosquitto.url, agent: 'demo', devices },
      ...{ fromMs: nowMs - historyMs, toMs: nowMs, stepMs, signal: new AbortController().signal },
    });
    expect(published).toBe(devices.length * stepsOfHistory);
    writeAgent(folder, 'demo', mosquitto.url, victronDevices(createSite(nowMs, 7, 0)), hardware);
    const once = await startFromSource('agent', ['once'], { folder }).ended;
    expect(once).toMatchObject({ code: 0 });
    const all = published + devices.length;
    await until(() => readingsOf(arrivals).length === all);
    const seen = numbersOf(arrivals);

    await expect
      .poll(async () => differences(seen, await numbersIn(influx, 'wattline', /.*/)), patience)
      .toEqual([]);
    for (const [tier, everyMs] of Object.entries(tiers)) {
      for (const [device, field] of [
        ['inverter', 'ac_output_voltage'],
        ['shed', 'pv_voltage'],
      ] as const) {
        await expect
          .poll(async () => {
            const numbers = await numbersIn(influx, `wattline_${tier}`, /_mean$/);
            return [...numbers]
              .map(([key, value]) => ({ words: key.split(' '), value }))
              .filter(({ words }) => words[0] === device && words[1] === field)
              .toSorted((a, b) => Number(a.words[2]) - Number(b.words[2]))
              .map(({ value }) => value);
          }, patience)
          .toEqual(meansOf(seen, device, field, everyMs).map((mean) => expect.closeTo(mean, 6)));
      }
    }
  },
);
