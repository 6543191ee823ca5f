// Tells systemd how the service is (sd_notify). Node has no Unix datagram sockets, so systemd-notify is started for
// each message; the unit needs NotifyAccess=all for that.

import type { Log } from './log.ts';
import { visible } from './text.ts';

export interface Notify {
  /** The service is up; `status` in plain words. */
  ready(status: string): Promise<void>;
  status(status: string): Promise<void>;
  stopping(): Promise<void>;
  /** The service is alive: to be said every `aliveEveryMs`, after a look whether its loops are. */
  alive(): Promise<void>;
  /** Half of the unit's WatchdogSec; absent when it has none. */
  readonly aliveEveryMs?: number;
}

interface NotifyOptions {
  readonly environment: { readonly [name: string]: string | undefined };
  readonly log: Pick<Log, 'warn'>;
}

const statusOf = (text: string): string => `STATUS=${visible(text)}`;

/** Longer than a process start on a busy Pi, shorter than any watchdog. */
const timeoutMs = 5000;

/** Without NOTIFY_SOCKET every message is a no-op. Messages go out one after another. */
export function createNotify({ environment, log }: NotifyOptions): Notify {
  if (!environment['NOTIFY_SOCKET']) {
    const nothing = async () => undefined;
    return { ready: nothing, status: nothing, stopping: nothing, alive: nothing };
  }
  let hasFailed = false;
  let last: Promise<void> = Promise.resolve();
  const send = (...assignments: string[]): Promise<void> => {
    last = last.then(() => start(assignments));
    return last;
  };
  const start = async (assignments: readonly string[]): Promise<void> => {
    // Loaded when it is needed: most commands start no other program.
    const { execFile } = await import('node:child_process');
    return new Promise((resolve) => {
      // Not --no-block: systemd drops what comes from a process that has already gone, unless that may speak for others.
      const options = { env: { ...environment }, timeout: timeoutMs };
      execFile('systemd-notify', assignments, options, (error) => {
        if (error !== null && !hasFailed) log.warn('systemd is not told how the service is', error);
        hasFailed = error !== null;
        resolve();
      });
    });
  };
  const watchdogMs = Number(environment['WATCHDOG_USEC']) / 1000;
  return {
    ready: (status) => send('READY=1', statusOf(status)),
    status: (status) => send(statusOf(status)),
    stopping: () => send('STOPPING=1'),
    alive: () => send('WATCHDOG=1'),
    ...(watchdogMs > 0 ? { aliveEveryMs: watchdogMs / 2 } : {}),
  };
}
