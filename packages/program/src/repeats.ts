// A fault that goes on is said once, counted, and said again when it changes or ends.

import type { Log, LogLevel } from './log.ts';

export interface Repeats {
  /** `key` is what has the fault ("device roof"), `text` the whole sentence. */
  fault(key: string, text: string, level?: LogLevel): void;
  /** Says that a fault is over, if there was one: "roof: heard again after 14 times". */
  ended(key: string, text: string): void;
  /** How often the fault that goes on has happened; 0 when there is none. */
  count(key: string): number;
}

/** More things than an installation has; beyond them the oldest fault is forgotten, which repeats its line. */
const keysMax = 1000;

export function createRepeats(log: Log): Repeats {
  const faults = new Map<string, { readonly text: string; count: number }>();
  return {
    fault: (key, text, level = 'warn') => {
      const going = faults.get(key);
      if (going !== undefined && going.text === text) {
        going.count++;
        log.debug(`${text} (${going.count} times)`);
        return;
      }
      log[level](text);
      faults.delete(key);
      faults.set(key, { text, count: (going?.count ?? 0) + 1 });
      const [oldest] = faults.keys();
      if (faults.size > keysMax && oldest !== undefined) faults.delete(oldest);
    },
    ended: (key, text) => {
      const going = faults.get(key);
      if (going === undefined) return;
      faults.delete(key);
      log.info(`${text} after ${going.count} ${going.count === 1 ? 'time' : 'times'}`);
    },
    count: (key) => faults.get(key)?.count ?? 0,
  };
}
