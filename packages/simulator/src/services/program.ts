// One of our programs, run from its source: what it prints and says, and how it ends.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  readonly pid: number;
  /** Of standard output, so far. */
  readonly lines: readonly string[];
  /** Standard error, so far. */
  said(): string;
  /** Resolves when what is printed so far fits. Rejects when the program has ended, or 15 s are over. */
  untilPrinted(fits: (lines: readonly string[]) => boolean): Promise<void>;
  /** The same for standard error. */
  untilSaid(pattern: RegExp): Promise<void>;
  readonly ended: Promise<Ending>;
  /** Resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<Ending>;
}

export interface ProgramOptions {
  /** Working directory. */
  readonly folder: string;
  /** Beside what this process has. */
  readonly environment?: { readonly [name: string]: string };
  /** What it gets on standard input. */
  readonly input?: string;
  /** Called for each line of standard output. */
  readonly heard?: (line: string) => void;
}

const patienceMs = 15_000;

const mains = {
  agent: '../../../agent/src/main.ts',
  bridge: '../../../bridge/src/main.ts',
  demo: '../demo/main.ts',
} as const;

export function startFromSource(
  what: keyof typeof mains,
  words: readonly string[],
  { folder, environment = {}, input = '', heard = () => undefined }: ProgramOptions,
): RunningProgram {
  const main = fileURLToPath(new URL(mains[what], import.meta.url));
  // Through `env`, so that only what is added has to be known here.
  const added = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const child = spawn('env', [...added, process.execPath, main, ...words], { cwd: folder });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return watch(child, `${what} ${words.join(' ')}`, heard);
}

function watch(
  child: ChildProcessWithoutNullStreams,
  name: string,
  heard: (line: string) => void,
): RunningProgram {
  const lines: string[] = [];
  let stderr = '';
  let end: Ending | undefined;
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watcher of watchers) watcher();
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    heard(line);
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    look();
  });
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const stdout = lines.map((line) => `${line}\n`).join('');
      end = { code, signal, stdout, stderr };
      look();
      resolve(end);
    });
  });
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        watchers.delete(watcher);
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
      const shown = () => `printed ${lines.length} lines and said:\n${stderr}`;
      const watcher = (): void => {
        if (holds()) settle();
        else if (end !== undefined) settle(new Error(`${name} ended with ${end.code}; it ${shown()}`));
      };
      const timer = setTimeout(
        () => settle(new Error(`${name} did not come so far; it ${shown()}`)),
        patienceMs,
      );
      watchers.add(watcher);
      watcher();
    });
  return {
    pid: child.pid ?? 0,
    lines,
    said: () => stderr,
    untilPrinted: (fits) => until(() => fits(lines)),
    untilSaid: (pattern) => until(() => pattern.test(stderr)),
    ended,
    stop(signal = 'SIGTERM') {
      if (end === undefined) child.kill(signal);
      return ended;
    },
  };
}
