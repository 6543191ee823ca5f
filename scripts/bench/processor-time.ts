// Rates by the processor time of this process: on a machine that others use too, time by the clock tells nothing.

import { median } from './usage.ts';

const rounds = 5;
const warmRounds = 2;
const roundSeconds = 0.2;

/** How often all of this is done in a second of processor time, each once a turn. */
export function ratePerSecond(works: readonly (() => void)[]): number {
  const rates = Array.from({ length: warmRounds + rounds }, () => {
    const started = process.cpuUsage();
    for (let done = 0; ; ) {
      // Asking for the time costs some time too.
      for (let turn = 0; turn < 100; turn++) for (const work of works) work();
      done += 100 * works.length;
      const { user, system } = process.cpuUsage(started);
      const seconds = (user + system) / 1e6;
      if (seconds >= roundSeconds) return done / seconds;
    }
  });
  return median(rates.slice(warmRounds));
}
