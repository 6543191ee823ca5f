// A worker thread that answers requests by their id. It is started with the first request, ended when nothing was asked
// for a while, and started again after it ended.

import { Worker } from 'node:worker_threads';
import type { Asked, Reply, WorkerSettings } from './protocol.ts';

export interface Thread {
  /** @throws BusyError, Error in the thread's words or because it ended */
  ask<Kind extends keyof Asked>(
    kind: Kind,
    question: Asked[Kind]['question'],
    nowMs: number,
  ): Promise<Asked[Kind]['answer']>;
  close(): Promise<void>;
}

/** Too many requests wait already. */
export class BusyError extends Error {}

const waitingMax = 64;
/** A thread that has not answered for so long hangs. */
const answerMsMax = 30_000;
const heapMebibytesMax = 256;
/** A thread costs some 25 MB, and most of the day nobody asks. */
const idleMsMax = 10_000;

interface Waiting {
  readonly answer: (json: string) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** @param isNeeded whether it holds what will be asked for: it is not ended then */
export function createThread(file: URL, settings: WorkerSettings, isNeeded: () => boolean): Thread {
  const waiting = new Map<number, Waiting>();
  let idleTimer: NodeJS.Timeout | undefined;
  let idNext = 1;
  let worker: Worker | undefined;
  let isClosed = false;

  const take = (id: number): Waiting | undefined => {
    const found = waiting.get(id);
    waiting.delete(id);
    clearTimeout(found?.timer);
    if (waiting.size === 0) awaitIdleness();
    return found;
  };
  const awaitIdleness = (): void => {
    clearTimeout(idleTimer);
    idleTimer = setTimeout(() => {
      if (waiting.size > 0) return;
      if (isNeeded()) return awaitIdleness();
      void worker?.terminate();
      worker = undefined;
    }, idleMsMax).unref();
  };
  const start = (): Worker => {
    const started = new Worker(file, {
      workerData: settings,
      resourceLimits: { maxOldGenerationSizeMb: heapMebibytesMax },
    });
    let reason = 'it ended';
    started.on('message', (reply: Reply) => {
      const asker = take(reply.id);
      if ('error' in reply) asker?.reject(new Error(reply.error));
      else asker?.answer(reply.json);
    });
    started.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    started.on('exit', () => {
      if (worker !== started) return;
      worker = undefined;
      for (const id of [...waiting.keys()]) {
        take(id)?.reject(new Error(`The thread that reads history did not answer: ${reason}.`));
      }
    });
    return started;
  };

  return {
    ask: (kind, question, nowMs) => {
      if (isClosed) return Promise.reject(new Error('History is closed.'));
      if (waiting.size >= waitingMax) {
        return Promise.reject(new BusyError(`History has ${waitingMax} questions to answer already.`));
      }
      worker ??= start();
      const asked = worker;
      const id = idNext++;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => void asked.terminate(), answerMsMax);
        waiting.set(id, { answer: (json) => resolve(JSON.parse(json)), reject, timer });
        asked.postMessage({ id, kind, nowMs, question });
      });
    },
    close: async () => {
      isClosed = true;
      clearTimeout(idleTimer);
      await worker?.terminate();
    },
  };
}
