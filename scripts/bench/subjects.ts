// What is measured side by side: our bridge, Telegraf where it is here (TELEGRAF), and a subscriber that does nothing.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { startInfluxd } from '../../packages/bridge/test/influxd.ts';
import { freePort } from '../../packages/simulator/src/services/free-port.ts';

export type Store = Awaited<ReturnType<typeof startInfluxd>>;

export interface Site {
  readonly folder: string;
  readonly brokerPort: number;
  readonly store: Store;
  /** Bucket of the store, the subject's own. */
  readonly bucket: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves when all readings of the load have been carried. */
  carried(load: { readonly count: number; readonly fromMs: number }): Promise<void>;
  stop(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** Resolves when it is subscribed. */
  start(site: Site, count: number): Promise<Running>;
}

const nullProgram = fileURLToPath(new URL('null-subscriber.ts', import.meta.url));

export const nullSubscriber: Subject = {
  name: 'null subscriber',
  start: async ({ brokerPort }, count) => {
    const words = [nullProgram, String(brokerPort), String(count)];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout);
    const said = (word: string): Promise<void> =>
      new Promise((resolve) => lines.on('line', (line) => line === word && resolve()));
    const done = said('done');
    await said('ready');
    return { child, carried: () => done, stop: () => end(child) };
  },
};

export const bridgeSubject = (bridge: string): Subject => ({
  name: 'bridge',
  start: async (site) => {
    const { page, config } = await configure(site, `url: "mqtt://127.0.0.1:${site.brokerPort}"`);
    return startBridge(bridge, config, page, site);
  },
});

/** A configuration of the bridge with the store as its sink. */
export async function configure({ folder, store, bucket }: Site, broker: string) {
  mkdirSync(folder, { recursive: true });
  const page = await freePort();
  const config = join(folder, 'bridge.yml');
  const { url, org, token } = store;
  writeFileSync(
    config,
    `broker: { ${broker} }\nstore: { path: ${folder}/store }\nweb: { listen: "127.0.0.1:${page}" }\n` +
      `site: { name: Bench, timezone: Europe/Rome }\nsinks:\n` +
      `  - { name: influx, type: influxdb2, url: "${url}", org: ${org}, bucket: ${bucket}, token: ${token} }\n`,
  );
  return { page, config };
}

export async function startBridge(
  bridge: string,
  config: string,
  page: number,
  site: Site,
): Promise<Running & { readonly url: string }> {
  const child = spawn(bridge, ['--config', config, '--quiet', 'run'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${page}`;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`the bridge ended with ${child.exitCode}`);
    return fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return { child, url, carried: (load) => visible(site, load), stop: () => end(child) };
}

/** Telegraf as its pages say for delivery that is confirmed: nothing is acknowledged before the store has it. */
export const telegrafSubject = (program: string): Subject => ({
  name: 'Telegraf',
  start: async (site) => {
    const { folder, store, bucket, brokerPort } = site;
    mkdirSync(folder, { recursive: true });
    const config = join(folder, 'telegraf.conf');
    await createBucket(store, bucket);
    writeFileSync(
      config,
      `[agent]
interval = "1s"
flush_interval = "100ms"
metric_batch_size = 5000
metric_buffer_limit = 100000
omit_hostname = true
[[inputs.mqtt_consumer]]
servers = ["tcp://127.0.0.1:${brokerPort}"]
topics = ["victron/+/+"]
qos = 1
client_id = "telegraf"
persistent_session = true
max_undelivered_messages = 10000
topic_tag = ""
name_override = "solar_charger"
data_format = "json"
json_time_key = "_timestamp"
json_time_format = "unix_ms"
json_string_fields = ["charge_state"]
tag_keys = ["_agent"]
fieldexclude = ["_seq", "_interval"]
[[inputs.mqtt_consumer.topic_parsing]]
topic = "+/+/+"
tags = "vendor/type/device"
[[outputs.influxdb_v2]]
urls = ["${store.url}"]
token = "${store.token}"
organization = "${store.org}"
bucket = "${bucket}"
content_encoding = "identity"
`,
    );
    const child = spawn(program, ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    const lines = createInterface(child.stderr);
    await new Promise<void>((resolve) => lines.on('line', (line) => line.includes('Connected') && resolve()));
    await wait(300);
    return { child, carried: (load) => visible(site, load), stop: () => end(child) };
  },
});

async function createBucket({ url, org, token }: Store, name: string): Promise<void> {
  const headers = { authorization: `Token ${token}` };
  const { orgs } = (await (await fetch(`${url}/api/v2/orgs?org=${org}`, { headers })).json()) as {
    orgs: { id: string }[];
  };
  const body = JSON.stringify({ orgID: orgs[0]?.id, name, retentionRules: [] });
  await fetch(`${url}/api/v2/buckets`, { method: 'POST', headers, body });
}

/** A number that an InfluxQL question answers with; 0 where there is nothing. */
export const ask = async (store: Store, bucket: string, q: string): Promise<number> =>
  (await askRow(store, bucket, q))[1] ?? 0;

/** The time of the newest reading from a time on that the store shows; 0: none. */
export const newestMs = async (store: Store, bucket: string, fromMs: number): Promise<number> =>
  (
    await askRow(store, bucket, `SELECT last(battery_voltage) FROM solar_charger WHERE time >= ${fromMs}ms`)
  )[0] ?? 0;

async function askRow({ url, token }: Store, bucket: string, q: string): Promise<number[]> {
  const address = `${url}/query?${new URLSearchParams({ db: bucket, epoch: 'ms', q })}`;
  const answer = await fetch(address, { headers: { authorization: `Token ${token}` } });
  const body = (await answer.json()) as { results?: { series?: { values: number[][] }[] }[] };
  return body.results?.[0]?.series?.[0]?.values[0] ?? [];
}

/** The store shows the last readings, and then all of them. */
async function visible({ store, bucket }: Site, load: { count: number; fromMs: number }): Promise<void> {
  const countFrom = (fromMs: number): Promise<number> => {
    const q = `SELECT count(battery_voltage) FROM solar_charger WHERE time >= ${fromMs}ms AND time < ${load.fromMs + load.count}ms`;
    return ask(store, bucket, q);
  };
  const last = Math.min(load.count, 4);
  await until(async () => (await countFrom(load.fromMs + load.count - last)) === last);
  await until(async () => (await countFrom(load.fromMs)) === load.count);
}

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await wait(25);
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
