// A real InfluxDB 1 for a test: Debian's, started in a scratch folder on free ports.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { hasAllNeeds } from '../../simulator/src/services/needs.ts';

/** By its full path: version 2 has the same name, and may come first in PATH. */
const places = [process.env['INFLUXD1'], '/usr/bin/influxd'];

const isVersion1 = (program: string): boolean => {
  const { stdout } = spawnSync(program, ['version'], { encoding: 'utf8' });
  return typeof stdout === 'string' && stdout.startsWith('InfluxDB v1');
};

/** The program; without it tests are skipped, on CI they fail. */
export const influxd1 = places.find((place) => place !== undefined && isVersion1(place));
const missing = 'InfluxDB 1 is not here: sudo apt install influxdb; sudo systemctl disable --now influxdb';
hasAllNeeds(influxd1 === undefined ? missing : undefined, process.env);

const startMs = 20_000;

export type Influx1 = Awaited<ReturnType<typeof startInfluxd1>>;

/** `signsIn`: only known users may do anything; the first one made is the administrator. */
export async function startInfluxd1(program: string, { signsIn = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-influxd1-'));
  const [port, backupPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const file = join(folder, 'influxd.conf');
  writeFileSync(
    file,
    `reporting-disabled = true
bind-address = "127.0.0.1:${backupPort}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = ${signsIn}
  log-enabled = false
[monitor]
  store-enabled = false
`,
  );
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn(program, ['-config', file], { cwd: folder, stdio: 'ignore', env: { HOME: folder } });
    const signal = AbortSignal.timeout(startMs);
    while (!(await isUp(url))) {
      if (signal.aborted) throw new Error(`influxd 1 did not start within ${startMs} ms`);
      await setTimeout(20);
    }
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    child = undefined;
  };
  const query = async (q: string, user = ''): Promise<readonly (readonly unknown[])[]> => {
    const response = await fetch(`${url}/query?${new URLSearchParams({ epoch: 'ms' })}`, {
      method: 'POST',
      headers: user === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` },
      body: new URLSearchParams({ q }),
    });
    const { results = [], error } = JSON.parse(await response.text());
    const words = error ?? results[0]?.error;
    if (words !== undefined) throw new Error(words);
    return results[0]?.series?.flatMap(({ values }: { values: unknown[][] }) => values) ?? [];
  };
  await start();
  return {
    url,
    start,
    stop,
    query,
    /** Duration by policy, as the store says it, and which one is the default. */
    policies: async (database: string): Promise<{ [policy: string]: unknown }> =>
      Object.fromEntries(
        (await query(`SHOW RETENTION POLICIES ON "${database}"`)).map(([name, duration, , , isDefault]) => [
          name,
          isDefault ? `${duration} default` : duration,
        ]),
      ),
    end: async (): Promise<void> => {
      await stop('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}

const isUp = (url: string): Promise<boolean> =>
  fetch(`${url}/ping`).then(
    ({ ok }) => ok,
    () => false,
  );
