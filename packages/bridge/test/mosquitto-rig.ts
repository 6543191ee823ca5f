// A real Mosquitto on a free port, in a scratch folder.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** False where Mosquitto is missing: the tests that need it are skipped with a line, and fail with CI=true. */
export function hasMosquitto(): boolean {
  if (spawnSync('sh', ['-c', 'command -v mosquitto']).status === 0) return true;
  const message = 'mosquitto is missing: install the Debian package mosquitto';
  if (process.env['CI'] === 'true') throw new Error(message);
  process.stderr.write(`skipped: ${message}\n`);
  return false;
}

export interface Mosquitto {
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Keeps every message for sessions that are away; `acl` is the text of an access list. */
export async function startMosquitto(acl?: string): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-mosquitto-'));
  const port = await freePort();
  const configuration = join(folder, 'mosquitto.conf');
  const lines = [
    'user root',
    'log_dest stderr',
    'max_queued_messages 0',
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
  ];
  if (acl !== undefined) {
    writeFileSync(join(folder, 'acl'), acl);
    lines.push(`acl_file ${join(folder, 'acl')}`);
  }
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const started = spawn('mosquitto', ['-c', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    const running = new Promise<void>((resolve) =>
      createInterface(started.stderr).on('line', (line) => line.includes('running') && resolve()),
    );
    const ended = once(started, 'exit').then(() => {
      throw new Error('Mosquitto did not start');
    });
    await Promise.race([running, ended]);
    ended.catch(() => undefined);
  };
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    start,
    stop,
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
