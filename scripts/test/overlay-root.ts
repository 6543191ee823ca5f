// This machine's own system as another root folder, in which packages can be installed: an overlay whose changes lie in
// memory, in name spaces of its own for mounts and processes. What runs there ends with it, and nothing of it stays.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface OverlayRoot {
  run(command: readonly string[], environment?: Environment): Promise<Outcome>;
  start(command: readonly string[], environment?: Environment): InsideProcess;
  /** Paths of files that are new or other than the machine's. */
  changed(): readonly string[];
  close(): Promise<void>;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface InsideProcess {
  /** What it writes to its standard error. */
  readonly said: Readable;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

export interface Environment {
  readonly [name: string]: string;
}

/** Where the given folder is seen from inside. */
export const shown = '/mnt';

const setUp = `
set -e
mount -t tmpfs none "$1"
cd "$1"
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mount --bind /dev root/dev
mount -t proc proc root/proc
mount -t tmpfs none root/run
mount -t tmpfs none root/tmp
mount --bind "$2" root${shown}
echo ready
exec chroot root sleep infinity
`;
/** A command that hangs fails its test. */
const commandMsMax = 60_000;
const cleanPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @throws Error when the kernel refuses, with its words */
export async function openOverlayRoot(folder: string): Promise<OverlayRoot> {
  const place = mkdtempSync(join(tmpdir(), 'wattline-overlay-'));
  const separate = ['--mount', '--pid', '--fork', '--kill-child'];
  const holder = spawn('unshare', [...separate, 'sh', '-c', setUp, 'sh', place, folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let problem = '';
  holder.stderr.on('data', (text) => {
    problem += text;
  });
  const ended = once(holder, 'close');
  await Promise.race([once(holder.stdout, 'data'), ended]);
  if (holder.exitCode !== null || holder.pid === undefined) {
    rmSync(place, { recursive: true });
    throw new Error(problem.trim());
  }
  const [inside] = childrenOf(holder.pid);
  const enter = ['--target', String(inside), '--mount', '--pid'];
  const options = (environment: Environment = {}) => ({
    env: { PATH: cleanPath, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive', ...environment },
  });
  const atRoot = (command: readonly string[]) => [...enter, '--root', 'env', '--chdir=/', ...command];
  return {
    async run(command, environment) {
      // Not waited for in the way: what the test serves itself must go on.
      const entered = spawn('nsenter', atRoot(command), {
        ...options(environment),
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: commandMsMax,
      });
      const [stdout, stderr, [status]] = await Promise.all([
        text(entered.stdout),
        text(entered.stderr),
        once(entered, 'close'),
      ]);
      return { status, stdout, stderr };
    },
    start(command, environment) {
      const entered = spawn('nsenter', atRoot(command), {
        ...options(environment),
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      return {
        said: entered.stderr,
        ended: once(entered, 'exit').then(([code]) => code),
        kill(signal) {
          // The program is the child of what entered.
          for (const pid of childrenOf(entered.pid)) process.kill(pid, signal);
        },
      };
    },
    changed() {
      // A deleted file of the machine is a character device here.
      const { stdout } = spawnSync(
        'nsenter',
        [...enter, 'find', join(place, 'upper'), '!', '-type', 'd', '!', '-type', 'c'],
        {
          ...options(),
          encoding: 'utf8',
        },
      );
      return stdout
        .split('\n')
        .filter(Boolean)
        .map((path) => path.slice(join(place, 'upper').length));
    },
    async close() {
      holder.kill('SIGKILL');
      await ended;
      rmSync(place, { recursive: true });
    },
  };
}

/** Why this machine has none for us, in words; undefined: it has. */
export async function overlayProblem(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'run the tests as root: they work on an overlay of the system';
  const folder = mkdtempSync(join(tmpdir(), 'wattline-overlay-'));
  try {
    await (await openOverlayRoot(folder)).close();
    return undefined;
  } catch (error) {
    return `the system takes no overlay here: ${error instanceof Error ? error.message : error}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function childrenOf(pid: number | undefined): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
