// What the tests inside the VM share: programs that are waited for, and the agent as the service runs it.

import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Media } from '../../../../packages/agent/src/reading/connect.ts';
import type { ReadDevice } from '../../../../packages/agent/src/reading/device.ts';
import { startTimer } from '../../../../packages/agent/src/reading/pacer.ts';
import { readDevices } from '../../../../packages/agent/src/reading/read-devices.ts';
import type { Moment } from '../../../../packages/agent/src/transport.ts';
import { familyOf } from '../../../../packages/protocols/src/index.ts';
import type { GuestProgram } from '../guest-programs.ts';

/** Beside this one. */
const programOf = (name: GuestProgram): string => fileURLToPath(new URL(`${name}.mjs`, import.meta.url));

/** Of the unit: what the service has, and nothing else. The VM works in the folder of the repository. */
export function capabilitiesOfUnit(): string[] {
  const unit = readFileSync('deploy/systemd/wattline-agent.service', 'utf8');
  const [, words = ''] = /^AmbientCapabilities=(.+)$/m.exec(unit) ?? [];
  return words.toLowerCase().replaceAll('cap_', '').split(' ');
}

/** A folder that everybody in the guest may read, with an agent's configuration in it. */
export function configure(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-'));
  chmodSync(folder, 0o755);
  const file = join(folder, 'agent.yml');
  writeFileSync(file, text);
  return file;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

export interface Guest {
  readonly process: Child;
  readonly lines: Interface;
  /** Both streams, so far. */
  readonly said: () => string;
}

export const startOwn = (name: GuestProgram, words: readonly string[] = []): Guest =>
  startProgram(process.execPath, [programOf(name), ...words]);

/** The agent as an ordinary user with these capabilities and groups, and no other. */
export function startAgent(
  words: readonly string[],
  capabilities: readonly string[],
  groups: readonly string[] = [],
): Guest {
  const wanted = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return startProgram('setpriv', [
    ...['--reuid', 'nobody', '--regid', 'nogroup', '--no-new-privs'],
    ...(groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join()]),
    ...['--inh-caps', wanted, '--ambient-caps', wanted, '--bounding-set', wanted],
    ...[process.execPath, programOf('agent'), ...words],
  ]);
}

/** Runs to its end. */
export async function ended({ process: child, said }: Guest): Promise<{ code: number | null; said: string }> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return { code: child.exitCode, said: said() };
}

export async function untilLine({ lines, said, process: child }: Guest, fits: RegExp): Promise<string> {
  const found = Promise.withResolvers<string>();
  lines.on('line', (line) => {
    if (fits.test(line)) found.resolve(line);
  });
  child.once('close', () => found.reject(new Error(`ended before it printed ${fits}:\n${said()}`)));
  return found.promise;
}

export function startProgram(program: string, words: readonly string[]): Guest {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const keep = (bytes: Buffer): void => {
    text += String(bytes);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { process: child, lines: createInterface({ input: child.stdout }), said: () => text };
}

/** @throws Error with what the program said, when it fails */
export function run(program: string, ...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}

export const now = (): Moment => ({ wallMs: Date.now(), uptimeMs: performance.now() });

/** The loops of the agent in this process, until they are stopped. */
export function startReading(
  device: Omit<ReadDevice, 'definition'> & { readonly definition: string },
  media: Partial<Media>,
) {
  const definition = familyOf(device.definition);
  const nobody = () => {
    throw new Error('nobody asked for this');
  };
  const others = { radio: nobody, gatt: nobody, serial: nobody, hid: nobody, bus: nobody };
  const stop = new AbortController();
  const troubles: string[] = [];
  let measuredMs = 0;
  let look = (): void => {};
  const running = readDevices({
    devices: [{ ...device, definition }],
    media: { ...others, replayedPackets: nobody, replayedLink: nobody, ...media },
    ...{ now, startTimer, signal: stop.signal },
    reading(_, { moment }) {
      measuredMs = moment.uptimeMs;
      look();
    },
    trouble: (_, { message }) => void troubles.push(message),
  });
  return {
    troubles,
    /** Resolves with the first reading measured from now on, to how many ms it took. */
    async readAnew(): Promise<number> {
      const sinceMs = now().uptimeMs;
      const { promise, resolve } = Promise.withResolvers<void>();
      look = () => {
        if (measuredMs > sinceMs) resolve();
      };
      await promise;
      return measuredMs - sinceMs;
    },
    async stop() {
      stop.abort();
      await running;
    },
  };
}
