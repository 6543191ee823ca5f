// Whether live readings of all devices have been stored, asked of the bridge as a page would.

import { setTimeout as wait } from 'node:timers/promises';
import type { Bridge } from './bridge.ts';

export interface Liveness {
  /** Time of the newest live reading by the name of each unit that there must be one of, as asked last. */
  readonly newest: () => ReadonlyMap<string, number | undefined>;
  /** Resolves when there is one of each, the time is over or the signal aborts. Whether there was. */
  settled(withinMs: number, signal?: AbortSignal): Promise<boolean>;
}

const askAgainMs = 200;

/** @param wanted names that a live reading must be stored of */
export function liveness(
  bridge: Pick<Bridge, 'newest'>,
  wanted: readonly string[],
  startMs: number,
): Liveness {
  let newest = new Map<string, number | undefined>();
  return {
    newest: () => newest,
    async settled(withinMs, signal) {
      const untilMs = performance.now() + withinMs;
      for (;;) {
        const stored = await bridge.newest();
        const liveOf = (name: string) => {
          const timeMs = stored.get(name) ?? 0;
          return timeMs >= startMs ? timeMs : undefined;
        };
        newest = new Map(wanted.map((name) => [name, liveOf(name)]));
        if ([...newest.values()].every((timeMs) => timeMs !== undefined)) return true;
        if (signal?.aborted || performance.now() >= untilMs) return false;
        await wait(askAgainMs);
      }
    },
  };
}
