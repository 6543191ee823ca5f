// Agent and bridge as programs of their own, started from the sources and stopped with the demonstration.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program ended before it was told to. */
export class ProgramEnded extends Error {}

export interface Program {
  /** The first that it tells whoever started it. */
  readonly news: Promise<unknown>;
  /** Rejects with ProgramEnded. */
  readonly ended: Promise<never>;
  stop(): Promise<void>;
}

/** Long enough for a last reading to be delivered. */
const stopWithinMs = 8000;

/** @param what the folder below packages/ */
export function startProgram(what: 'agent' | 'bridge', words: readonly string[]): Program {
  const main = fileURLToPath(new URL(`../../../${what}/src/main.ts`, import.meta.url));
  // The channel tells the program that the demonstration is gone, however it went.
  const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let stopping = false;
  const ended = once(child, 'exit').then(([code, signal]) => {
    if (stopping) return new Promise<never>(() => undefined);
    throw new ProgramEnded(`the ${what} ended by itself (${signal ?? `exit code ${code}`})`);
  });
  // Whoever waits for it sees the rejection; nobody may be waiting yet.
  ended.catch(() => undefined);
  return {
    news: new Promise((resolve) => {
      child.once('message', resolve);
    }),
    ended,
    async stop() {
      stopping = true;
      await stop(child);
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await exit;
  clearTimeout(timer);
}
