// `run`: reads every device at its interval until stopped.

import { type ExitCode, exitCodes, type Log, type Notify } from '@wattline/program';
import type { AgentStateAnnouncer } from '../delivery/agent-state.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { type ReadDevicesOptions, readDevices } from '../reading/read-devices.ts';
import type { Reporter } from '../reporter.ts';

export interface RunOptions extends Omit<ReadDevicesOptions, 'reading' | 'trouble'> {
  readonly reporter: Reporter;
  readonly delivery: Delivery;
  readonly state: AgentStateAnnouncer;
  readonly notify: Notify;
  readonly log: Log;
}

/** How often the agent says how it and its devices are. */
const stateEveryMs = 60_000;

export async function run(options: RunOptions): Promise<ExitCode> {
  const { reporter, delivery, state, notify, log, signal, devices } = options;
  const summary = () => {
    const { readings, connected } = delivery.status();
    return `${devices.length} devices; broker ${connected ? 'connected' : 'not reached'}; ${readings} readings in the outbox`;
  };
  const timers = [setInterval(() => void announce(), stateEveryMs)];
  const announce = async () => {
    await state.announce('online');
    await notify.status(summary());
  };
  // The timer is the proof: it fires only while the program's loop turns.
  if (notify.aliveEveryMs !== undefined)
    timers.push(setInterval(() => void notify.alive(), notify.aliveEveryMs));
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  if (devices.length > 0) log.info(`reading ${devices.map(({ name }) => name).join(', ')}`);
  try {
    void announce();
    await notify.ready(summary());
    await Promise.all([
      readDevices({ ...options, reading: reporter.reading, trouble: reporter.trouble }),
      stopped,
    ]);
  } finally {
    for (const timer of timers) clearInterval(timer);
    await notify.stopping();
    // A goodbye in order publishes no will.
    await state.announce('offline');
    await delivery.close();
    await reporter.settled();
  }
  log.info('stopped');
  return exitCodes.done;
}
