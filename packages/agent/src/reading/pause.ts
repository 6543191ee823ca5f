// A wait that a signal cuts short.

import type { StartTimer } from './pacer.ts';

export function pause(delayMs: number, startTimer: StartTimer, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      stopTimer();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stopTimer = startTimer(delayMs, done);
    signal.addEventListener('abort', done);
  });
}
