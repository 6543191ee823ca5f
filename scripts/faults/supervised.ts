// A program that is started again whenever it ends, as a service manager does, until it is told to stop.

import { setTimeout as wait } from 'node:timers/promises';
import type { Ending, RunningProgram } from '../../packages/simulator/src/services/program.ts';

export interface Supervised {
  start(): void;
  /** SIGKILL, and it is started again at once. */
  kill(): Promise<void>;
  /** SIGTERM, for good. @throws Error when it did not end with 0 */
  stop(): Promise<void>;
  /** SIGKILL, for good. */
  end(): Promise<void>;
}

const againMs = 500;

/** @param surprised called when it ended without having been told to */
export function supervise(open: () => RunningProgram, surprised: (ending: Ending) => void): Supervised {
  let running: RunningProgram | undefined;
  let wanted = false;
  let killed: RunningProgram | undefined;

  const keep = async (): Promise<void> => {
    while (wanted) {
      const own = open();
      running = own;
      const ending = await own.ended;
      if (!wanted || killed === own) continue;
      surprised(ending);
      await wait(againMs);
    }
  };
  let keeping = Promise.resolve();
  const finish = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<Ending | undefined> => {
    wanted = false;
    const ending = await running?.stop(signal);
    await keeping;
    running = undefined;
    return ending;
  };
  return {
    start: () => {
      if (wanted) return;
      wanted = true;
      keeping = keep();
    },
    kill: async () => {
      killed = running;
      await killed?.stop('SIGKILL');
    },
    stop: async () => {
      const ending = await finish('SIGTERM');
      if (ending === undefined || ending.code === 0) return;
      throw new Error(`told to stop, it ended with ${ending.code ?? ending.signal}:\n${ending.stderr}`);
    },
    end: async () => void (await finish('SIGKILL')),
  };
}
