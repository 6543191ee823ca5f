// The way in: npm on whatever Node the machine has, the packages of the lockfile, the program on its own Node, and nothing
// left when it ends. What is started here is started as a person does, without the tools that these tests run on.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { hasAllNeeds } from '../../packages/simulator/src/services/needs.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The machine's own programs, and no traces of the npm that runs these tests. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|VITEST|NODE_)/.test(name)),
);
environment['PATH'] = environment['PATH']
  ?.split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

function missingTools(): string | undefined {
  const answers = ['node', 'npm', 'git'].map((program) =>
    spawnSync(program, ['--version'], { encoding: 'utf8', env: environment }),
  );
  if (answers.every(({ status }) => status === 0)) return undefined;
  return 'install Node 20 or newer with npm, and git, for the machine itself';
}

const withTools = describe.skipIf(!hasAllNeeds(missingTools(), process.env));

interface Process {
  readonly pid: number;
  readonly parent: number;
}

function processes(): Process[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' ? [] : [{ pid: Number(pid), parent: Number(parent) }];
    } catch {
      return [];
    }
  });
}

function descendants(ancestor: number, all = processes()): number[] {
  const children = all.filter(({ parent }) => parent === ancestor).map(({ pid }) => pid);
  return [...children, ...children.flatMap((pid) => descendants(pid, all))];
}

const runs = (pid: number): boolean => processes().some((process) => process.pid === pid);

/** @throws Error when it does not come true in time */
async function comesTrue(what: string, holds: () => boolean, msMax = 10_000): Promise<void> {
  const endMs = performance.now() + msMax;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`not in ${msMax} ms: ${what}`);
    await wait(20);
  }
}

withTools('a program started by npm', () => {
  /** Waits for its standard input, three processes below npm's caller. */
  async function startWaiting(): Promise<{ npm: ChildProcess; below: number[] }> {
    const folder = mkdtempSync(join(tmpdir(), 'wattline-npm-'));
    const pipe = join(folder, 'input');
    spawnSync('mkfifo', [pipe]);
    // Open on both sides, so that it never ends by itself.
    const input = openSync(pipe, 'r+');
    const npm = spawn('npm', ['run', '--silent', 'agent', '--', 'decode', '--jsonl'], {
      cwd: root,
      env: environment,
      // A group of its own, as a shell gives one to each command.
      detached: true,
      stdio: [input, 'pipe', 'ignore'],
    });
    let below: number[] = [];
    onTestFinished(() => {
      for (const pid of below) if (runs(pid)) process.kill(pid, 'SIGKILL');
      closeSync(input);
      rmSync(folder, { recursive: true });
    });
    // An answer shows that it runs.
    writeSync(input, '{"id":1}\n');
    await once(npm.stdout ?? npm, 'data');
    below = descendants(npm.pid ?? 0);
    expect(below.length).toBeGreaterThanOrEqual(2);
    return { npm, below };
  }

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('ends with npm that got %s', async (signal) => {
    const { npm, below } = await startWaiting();
    npm.kill(signal);
    await comesTrue('nothing runs', () => !below.some(runs));
  });

  test('ends with Ctrl-C, which every process of the terminal gets', async () => {
    const { npm, below } = await startWaiting();
    process.kill(-(npm.pid ?? 0), 'SIGINT');
    await comesTrue('nothing runs', () => !below.some(runs));
  });
});

withTools('a bare clone', () => {
  let scratch = '';
  let clone = '';
  const installMsMax = 240_000;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'wattline-clone-'));
    clone = join(scratch, 'wattline');
    spawnSync('git', ['clone', '--quiet', root, clone]);
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  function npmRun(...words: string[]) {
    const startMs = performance.now();
    const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', ...words], {
      cwd: clone,
      env: environment,
      encoding: 'utf8',
    });
    return { status, stdout, stderr, ms: performance.now() - startMs };
  }

  test('runs a program after one command, and prints what the program prints', {
    timeout: installMsMax,
  }, () => {
    const { status, stdout, stderr } = npmRun('agent', '--', '--version');
    expect(status, stderr).toBe(0);
    expect(stdout).toBe(`${version}\n`);
    expect(spawnSync('git', ['status', '--short'], { cwd: clone, encoding: 'utf8' }).stdout).toBe('');
  });

  test('starts within three seconds from then on', () => {
    expect(npmRun('agent', '--', '--version')).toMatchObject({
      status: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    const times = [1, 2, 3].map(() => npmRun('agent', '--', '--version').ms);
    expect(Math.min(...times)).toBeLessThan(3000);
  });

  test('takes nothing that the lockfile does not list', { timeout: installMsMax }, () => {
    const manifest = join(clone, 'package.json');
    const before = readFileSync(manifest, 'utf8');
    const lockfile = readFileSync(join(clone, 'pnpm-lock.yaml'), 'utf8');
    const other = JSON.parse(before);
    other.devDependencies.typescript = '7.0.1';
    writeFileSync(manifest, JSON.stringify(other));
    const { status, stderr } = npmRun('agent', '--', '--version');
    expect(status).toBe(1);
    expect(stderr).toContain('frozen-lockfile');
    expect(readFileSync(join(clone, 'pnpm-lock.yaml'), 'utf8')).toBe(lockfile);
  });
});
