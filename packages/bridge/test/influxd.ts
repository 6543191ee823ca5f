// A real InfluxDB 2 for a test: found on this machine, started in a scratch folder on a free port.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { InfluxDB } from '@influxdata/influxdb-client';
import { BucketsAPI } from '@influxdata/influxdb-client-apis';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { hasAllNeeds } from '../../simulator/src/services/needs.ts';

const places = [
  process.env['INFLUXD'],
  'influxd',
  join(homedir(), '.cache', 'wattline', 'influxd', 'bin', 'influxd'),
];

/** Debian's `influxd` is version 1 and does not answer like this. */
const isVersion2 = (program: string): boolean => {
  const { stdout } = spawnSync(program, ['version'], { encoding: 'utf8' });
  return typeof stdout === 'string' && stdout.startsWith('InfluxDB v2');
};

/** The program; without it tests are skipped, on CI they fail. */
export const influxd = places.find((place) => place !== undefined && isVersion2(place));
const missing =
  'InfluxDB 2 is not here (no Debian package: build or download influxd 2.7, set INFLUXD to it).';
hasAllNeeds(influxd === undefined ? missing : undefined, process.env);

const org = 'home';
const token = 'token-of-the-test';
const startMs = 20_000;

export async function startInfluxd(program: string) {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-influxd-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const files = ['--bolt-path', 'bolt', '--engine-path', 'engine', '--sqlite-path', 'sqlite'];
    const options = ['--http-bind-address', `127.0.0.1:${port}`, '--reporting-disabled'];
    child = spawn(program, [...files, ...options], { cwd: folder, stdio: 'ignore' });
    await untilHealthy(url);
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    child = undefined;
  };

  await start();
  const setup = { username: 'admin', password: 'password', org, bucket: 'other', token };
  await fetch(`${url}/api/v2/setup`, { method: 'POST', body: JSON.stringify(setup) });
  const client = new InfluxDB({ url, token });
  return {
    url,
    org,
    token,
    client,
    start,
    stop,
    rows: (flux: string): Promise<readonly { [column: string]: unknown }[]> =>
      client.getQueryApi(org).collectRows(flux),
    /**
     * Times and values of a field, by InfluxQL: Flux loses an empty text that follows equal others, and puts the
     * values after it on wrong rows.
     */
    values: async (bucket: string, measurement: string, field: string): Promise<readonly unknown[]> => {
      const q = `SELECT "${field}" FROM "${measurement}"`;
      const response = await fetch(`${url}/query?${new URLSearchParams({ db: bucket, epoch: 'ms', q })}`, {
        headers: { authorization: `Token ${token}` },
      });
      return JSON.parse(await response.text()).results[0].series?.[0].values ?? [];
    },
    /** Seconds by bucket; 0: for ever. */
    retentions: async (): Promise<{ [bucket: string]: number | undefined }> => {
      const { buckets = [] } = await new BucketsAPI(client).getBuckets({ org, limit: 100 });
      const users = buckets.filter(({ type, name }) => type === 'user' && name !== 'other');
      return Object.fromEntries(
        users.map(({ name, retentionRules }) => [name, retentionRules[0]?.everySeconds ?? 0]),
      );
    },
    end: async (): Promise<void> => {
      await stop('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}

async function untilHealthy(url: string): Promise<void> {
  const signal = AbortSignal.timeout(startMs);
  while (!signal.aborted) {
    const healthy = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return;
    await setTimeout(50);
  }
  throw new Error(`influxd did not start within ${startMs} ms`);
}
