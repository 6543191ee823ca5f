// One round of the agent as packaged, as a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Round {
  /** The program. */
  readonly agent: string;
  readonly config: string;
  /** Where Node keeps what it compiled. */
  readonly cache: string;
}

/**
 * Returns how many ms it took.
 *
 * @param look is called with the id of the process each `everyMs` while it runs
 */
export async function runRound(
  { agent, config, cache }: Round,
  everyMs: number,
  look: (pid: number) => void,
): Promise<number> {
  const started = performance.now();
  const child = spawn(agent, ['--config', config, '--quiet', 'once'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  const timer = setInterval(() => look(child.pid ?? 0), everyMs);
  const [code] = await once(child, 'exit');
  const wallMs = performance.now() - started;
  clearInterval(timer);
  if (code !== 0) throw new Error(`the round ended with exit code ${code}`);
  return wallMs;
}
