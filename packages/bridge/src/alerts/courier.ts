// Carries the alerts of one channel, the oldest first, until each has arrived.

import { createBell } from '../sinks/bell.ts';
import type { Alert } from './alert.ts';
import type { Channel, Notebook } from './notebook.ts';

/** Resolves when the alert is the receiver's. @throws DeclinedError, Error in words */
export type Send = (alert: Alert, signal: AbortSignal) => Promise<void>;

/** The receiver will not take this alert, today or tomorrow. */
export class DeclinedError extends Error {}

export interface CourierParts {
  readonly channel: Channel;
  readonly send: Send;
  readonly notebook: Pick<Notebook, 'next' | 'done'>;
  readonly random: () => number;
  /** Resolves after a time, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly report: (text: string) => void;
}

export interface Courier {
  /** There may be something new. */
  wake(): void;
  /** Why it waits; `undefined` while all is well. */
  problem(): string | undefined;
  stop(): Promise<void>;
}

const retryMsMin = 1_000;
const retryMsMax = 300_000;
/** For an alert on its way, when the bridge stops. */
const finishMs = 2_000;

export function startCourier({ channel, send, notebook, random, sleep, report }: CourierParts): Courier {
  const stopped = new AbortController();
  const cut = new AbortController();
  const isCut = new Promise<never>((_, reject) => {
    cut.signal.addEventListener('abort', () => reject(new Error('cut off')));
  });
  // Nobody may be waiting for it.
  isCut.catch(() => undefined);
  const { signal } = stopped;
  const bell = createBell(signal);
  let problem: string | undefined;
  let failures = 0;

  const fail = (error: unknown): void => {
    const text = error instanceof Error ? error.message : String(error);
    if (problem !== text) report(`Alerts by ${channel}: ${text} They wait, and it is tried again.`);
    problem = text;
    failures += 1;
  };
  const succeed = (): void => {
    if (problem !== undefined) report(`Alerts by ${channel}: they go out again.`);
    problem = undefined;
    failures = 0;
  };
  /** Returns whether there was one. */
  const step = async (): Promise<boolean> => {
    const queued = notebook.next(channel);
    if (queued === undefined) return false;
    try {
      await Promise.race([send(queued.alert, cut.signal), isCut]);
      notebook.done(channel, queued.id, 'sent');
    } catch (error) {
      if (!(error instanceof DeclinedError)) throw error;
      report(`Alerts by ${channel}: ${queued.alert.id} was declined and is given up. ${error.message}`);
      notebook.done(channel, queued.id, 'refused');
    }
    return true;
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        if (!(await step())) await bell.rung();
        succeed();
      } catch (error) {
        if (signal.aborted) return;
        fail(error);
        const delayMs = Math.min(retryMsMin * 2 ** (failures - 1), retryMsMax);
        await sleep(delayMs * (0.5 + random() / 2), signal);
      }
    }
  };
  const running = run();
  return {
    wake: bell.ring,
    problem: () => problem,
    stop: async () => {
      stopped.abort();
      // What is on its way may have arrived already: its confirmation is worth a moment.
      const timer = setTimeout(() => cut.abort(), finishMs);
      await running;
      clearTimeout(timer);
    },
  };
}
