// The bridge is killed while it changes a device in a real database, before and after any of its requests gets through:
// the next one brings it to its end.

import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { deviceId } from '../src/live/device-id.ts';
import type { StatusView } from '../src/web/status-views.ts';
import { influxd, startInfluxd } from './influxd.ts';
import { influxd1, startInfluxd1 } from './influxd1.ts';
import { type BridgeSite, openBridgeSite, publish, publisher, readingOf } from './service-rig.ts';

/** Before and after every request in a long run: `TEST_KILLS=200`. */
const isLong = process.env['TEST_KILLS'] !== undefined;
const moments = isLong ? (['before', 'after'] as const) : (['after'] as const);
const stride = isLong ? 1 : 5;
const windowMs = 120_000;
/** The start of a window of two minutes, an hour ago. */
const startMs = Math.floor((Date.now() - 3_600_000) / windowMs) * windowMs;
const topicOf = (name: string) => `victron/smartsolar/${name}`;
const run = (from: number) =>
  Array.from({ length: 24 }, (_, n) => readingOf(from + n, startMs + (from + n) * 10_000));
/** Rows of raw, and of the tier of two minutes, by device. */
const rowsOf = (name: string, from: number): readonly (readonly string[])[] => [
  Array.from({ length: 24 }, (_, n) => `${name} ${from + n}`),
  [`${name} ${from + 5.5}`, `${name} ${from + 17.5}`],
];
const sorted = (...all: readonly (readonly (readonly string[])[])[]) =>
  [0, 1].map((place) => all.flatMap((rows) => rows[place] ?? []).toSorted());

interface Database {
  readonly sinkOf: (url: string) => string;
  readonly url: string;
  readonly rows: () => Promise<readonly (readonly string[])[]>;
}

/** Passes requests on. At the step of that number, counted from when it was asked, `act` comes before or after it. */
async function startWire(target: string) {
  let step = 0;
  let due: { readonly at: number; readonly is: 'before' | 'after'; readonly act: () => void } | undefined;
  const { hostname, port } = new URL(target);
  const server = createServer((asked, answer) => {
    const mine = due?.at === step++ ? due : undefined;
    if (mine?.is === 'before') {
      mine.act();
      asked.socket.destroy();
      return;
    }
    const { method, url: path, headers } = asked;
    const passed = request({ hostname, port, method, path, headers }, (got) => {
      if (mine?.is === 'after') {
        got.resume();
        got.on('end', () => {
          mine.act();
          asked.socket.destroy();
        });
        return;
      }
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.on('error', () => asked.socket.destroy());
    asked.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    at: (next: NonNullable<typeof due>): void => {
      step = 0;
      due = next;
    },
  };
}

const change = (site: BridgeSite, name: string, is: string, into?: string) =>
  fetch(
    `http://127.0.0.1:${site.pagePort}/api/devices/${deviceId({ topic: topicOf(name), agent: 'barn' })}/${is}`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dry_run: false, ...(into === undefined ? {} : { into: topicOf(into) }) }),
    },
  );

async function survive({ sinkOf, url, rows }: Database): Promise<void> {
  const wire = await startWire(url);
  const site = await openBridgeSite();
  appendFileSync(join(site.folder, 'bridge.yml'), `sinks: [${sinkOf(wire.url)}]\n`);
  let bridge = await site.start();
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await publish(client, topicOf('old'), run(0));
  await publish(client, topicOf('shed'), run(24));
  await client.endAsync(true);
  const shed = rowsOf('shed', 24);
  const has = (expected: ReturnType<typeof sorted>, when: string) =>
    expect.poll(rows, { timeout: 20_000, message: when }).toEqual(expected);
  await has(sorted(rowsOf('old', 0), shed), 'first');
  /** Returns whether it came to that step. */
  const killed = async (at: number, is: 'before' | 'after', ask: () => Promise<Response>) => {
    let died = false;
    const act = (): void => {
      died = true;
      process.kill(bridge.pid, 'SIGKILL');
    };
    wire.at({ at, is, act });
    await ask().catch((error: unknown) => {
      if (!died) throw error;
    });
    if (died) await bridge.ended;
    wire.at({ at: -1, is, act });
    if (died) bridge = await site.start();
    // A window on its way may have been the request: then the change was not the store's yet.
    if (died) await ask();
    await site.until<StatusView>('/api/status', ({ sinks }) => sinks[0]?.changes?.waiting === 0);
    return died;
  };
  let [name, other] = ['old', 'roof'];
  for (let at = 0, died = true; died; at += stride) {
    for (const is of moments) {
      const [from, into] = [name, other];
      died = await killed(at, is, () => change(site, from, 'rename', into));
      [name, other] = [into, from];
      await has(sorted(rowsOf(name, 0), shed), `${from} to ${into}, killed ${is} request ${at}`);
    }
    if (!died) expect(at).toBeGreaterThan(2);
  }
  expect(await killed(1, 'after', () => change(site, name, 'delete'))).toBe(true);
  await has(sorted(shed), 'deleted');
  await bridge.stop();
}

describe.skipIf(influxd === undefined)('InfluxDB 2', () => {
  test('has at last what the store has', { timeout: 600_000 }, async () => {
    const influx = await startInfluxd(influxd ?? '');
    onTestFinished(() => influx.end());
    const of = async (bucket: string, measurement: string) => {
      const found = await influx
        .rows(
          `from(bucket: "${bucket}") |> range(start: -1d) |> filter(fn: (r) => r._measurement == "${measurement}" and r._field == "pv_power")`,
        )
        // The bridge makes the buckets.
        .catch((error: unknown) => (String(error).includes('not find bucket') ? [] : Promise.reject(error)));
      return found.map((row) => `${row['device']} ${row['_value']}`).toSorted();
    };
    await survive({
      url: influx.url,
      sinkOf: (url) =>
        `{ name: influx, type: influxdb2, url: "${url}", org: ${influx.org}, token: ${influx.token} }`,
      rows: async () => [
        await of('wattline', 'solar_charger'),
        await of('wattline_2m', 'solar_charger_mean'),
      ],
    });
  });
});

describe.skipIf(influxd1 === undefined)('InfluxDB 1', () => {
  test('has at last what the store has', { timeout: 600_000 }, async () => {
    const influx = await startInfluxd1(influxd1 ?? '');
    onTestFinished(() => influx.end());
    const of = async (policy: string, measurement: string) => {
      const rows = await influx.query(
        `SELECT "pv_power", "device" FROM "victron"."${policy}"."${measurement}"`,
      );
      return rows.map(([, power, device]) => `${device} ${power}`).toSorted();
    };
    await survive({
      url: influx.url,
      sinkOf: (url) => `{ name: influx, type: influxdb1, url: "${url}", database: victron }`,
      rows: async () => [await of('raw', 'solar_charger'), await of('2m', 'solar_charger_mean')],
    });
  });
});
