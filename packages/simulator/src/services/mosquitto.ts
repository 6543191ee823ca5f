// A real Mosquitto on a free port, in a scratch folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Environment } from '@wattline/program';
import { freePort } from './free-port.ts';
import { hasPrograms, systemPath } from './needs.ts';

export interface MosquittoOptions {
  /** The text of an access list. */
  readonly acl?: string;
  /** More lines of the configuration: of all, and of the listener. */
  readonly lines?: readonly string[];
  readonly listener?: readonly string[];
}

export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  /** Resolves when everything is on disk that came before, where it keeps anything there. */
  writeDown(): Promise<void>;
  /** At once, as by a power cut. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Another access list from now on. */
  allow(acl: string): Promise<void>;
  /** Ends it and leaves nothing. */
  remove(): Promise<void>;
}

const savesMin = 3;

/** False where tests with Mosquitto are to be skipped. */
export const hasMosquitto = (environment: Environment): boolean =>
  hasPrograms({ mosquitto: 'mosquitto', setpriv: 'util-linux' }, environment);

/** Starts one that believes every user name and drops no message of a session that is slow or away. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-mosquitto-'));
  const port = await freePort();
  const configuration = join(folder, 'mosquitto.conf');
  const aclFile = join(folder, 'acl');
  const { acl, lines = [], listener = [] } = options;
  const text = [
    // Else it gives up root and cannot read what stands in the folder.
    'user root',
    'log_dest stderr',
    // Not 0, without a bound: Mosquitto before 2.0.22 hangs up then when it refuses a message.
    'max_queued_messages 1000000',
    `persistence_location ${folder}/`,
    ...lines,
    `listener ${port} 127.0.0.1`,
    ...listener,
    'allow_anonymous true',
    ...(acl === undefined ? [] : [`acl_file ${aclFile}`]),
  ];
  writeFileSync(configuration, `${text.join('\n')}\n`);
  if (acl !== undefined) writeFileSync(aclFile, acl);
  const { start, end, reload, signal } = mosquittoProcess(configuration);
  const kill = () => end('SIGKILL');
  await start();
  return {
    ...{ port, url: `mqtt://127.0.0.1:${port}`, kill, start },
    allow: async (changed) => {
      writeFileSync(aclFile, changed);
      await reload();
    },
    writeDown: async () => {
      const watcher = watch(folder);
      const renamed = on(watcher, 'change');
      let saves = 0;
      signal('SIGUSR1');
      for await (const [, name] of renamed) {
        if (name !== 'mosquitto.db') continue;
        // The first may have begun before the signal, and the next before the last that came was read.
        if (++saves === savesMin) break;
        signal('SIGUSR1');
      }
      watcher.close();
    },
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true });
    },
  };
}

/** One with a configuration of its own, which must log to stderr. */
export function mosquittoProcess(configuration: string) {
  let child: ChildProcess | undefined;
  let output: Interface;
  const said = async (words: string): Promise<void> => {
    let last = '';
    for await (const [line] of on(output, 'line', { close: ['close'] })) {
      last = String(line);
      if (last.includes(words)) return;
    }
    throw new Error(`Mosquitto ended: ${last}`);
  };
  return {
    start: async (): Promise<void> => {
      // It goes when we go, also when a run of tests is killed.
      const command = `${systemPath} exec setpriv --pdeathsig KILL mosquitto -c "$0"`;
      const started = spawn('sh', ['-c', command, configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
      child = started;
      output = createInterface(started.stderr);
      await said(' running');
    },
    end: async (signal: NodeJS.Signals): Promise<void> => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
    signal: (signal: NodeJS.Signals): void => void child?.kill(signal),
    reload: async (): Promise<void> => {
      const reloaded = said('Reloading config');
      child?.kill('SIGHUP');
      await reloaded;
    },
  };
}
