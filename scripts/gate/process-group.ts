// A command in a process group of its own: whatever it starts ends with it, however it or we end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

export interface CommandOptions {
  readonly folder: string;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Ends the command and all that it started. */
  readonly signal: AbortSignal;
  /** Told each line of its standard error, which is shown all the same. */
  readonly complained?: (line: string) => void;
}

export interface Ended {
  /** 0: done. Undefined: ended by a signal, or not started. */
  readonly status: number | undefined;
  /** What was still running when it had ended, and was killed: the command lines. */
  readonly leftBehind: readonly string[];
}

/** For what the command started to end by itself. */
const graceMs = 3_000;
const lookEveryMs = 50;

export async function runInGroup(command: readonly string[], options: CommandOptions): Promise<Ended> {
  const [program = '', ...parameters] = command;
  const { folder, environment, signal, complained } = options;
  const child = spawn(program, parameters, {
    cwd: folder,
    env: environment,
    // The group that a signal from us reaches as a whole.
    detached: true,
    stdio: ['ignore', 'inherit', complained === undefined ? 'inherit' : 'pipe'],
  });
  if (child.stderr !== null) {
    child.stderr.pipe(process.stderr, { end: false });
    createInterface(child.stderr).on('line', (line) => complained?.(line));
  }
  let force: NodeJS.Timeout | undefined;
  const stop = (): void => {
    tell(child.pid, 'SIGTERM');
    force = setTimeout(() => tell(child.pid, 'SIGKILL'), graceMs);
  };
  signal.addEventListener('abort', stop);
  const [status] = await once(child, 'exit').catch((error: unknown) => {
    console.error(`${program} could not be started: ${error instanceof Error ? error.message : error}`);
    return [undefined];
  });
  const leftBehind = await endGroup(child.pid);
  clearTimeout(force);
  signal.removeEventListener('abort', stop);
  return { status: status ?? undefined, leftBehind };
}

/** Waits for the group to be empty, and empties it. Returns what had to be killed. */
async function endGroup(group: number | undefined): Promise<string[]> {
  const endMs = performance.now() + graceMs;
  while (membersOf(group).length > 0 && performance.now() < endMs) await wait(lookEveryMs);
  const left = membersOf(group);
  if (left.length > 0) tell(group, 'SIGKILL');
  return left;
}

function tell(group: number | undefined, signal: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch {
    // Nobody is left in it.
  }
}

/** Command lines of what runs in a group, by Linux's /proc; elsewhere none is known. */
function membersOf(group: number | undefined): string[] {
  if (!existsSync('/proc/self/stat')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // After the name in parentheses, which may hold anything: state, parent, group.
      const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(itsGroup) !== group || state === 'Z') return [];
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()];
    } catch {
      // Ended while we looked.
      return [];
    }
  });
}
