// A clock that a test moves by hand, with the timers that hang on it.

import { setImmediate as turn } from 'node:timers/promises';
import type { Moment } from '../src/transport.ts';

export const startMs = Date.UTC(2026, 5, 1);

export function virtualTime() {
  let nowMs = 0;
  const timers = new Map<object, { readonly atMs: number; readonly fire: () => void }>();
  const nextTimer = (untilMs: number) =>
    [...timers].filter(([, { atMs }]) => atMs <= untilMs).sort(([, a], [, b]) => a.atMs - b.atMs)[0];
  const fire = ([key, timer]: NonNullable<ReturnType<typeof nextTimer>>): void => {
    timers.delete(key);
    nowMs = timer.atMs;
    timer.fire();
  };
  return {
    nowMs: () => nowMs,
    now: (): Moment => ({ wallMs: startMs + nowMs, uptimeMs: nowMs }),
    startTimer(delayMs: number, fired: () => void) {
      const key = {};
      timers.set(key, { atMs: nowMs + delayMs, fire: fired });
      return () => timers.delete(key);
    },
    advanceTo(untilMs: number): void {
      for (let next = nextTimer(untilMs); next !== undefined; next = nextTimer(untilMs)) fire(next);
      nowMs = untilMs;
    },
    /** As `advanceTo`; what is awaited on the way goes on in between. */
    async passTo(untilMs: number): Promise<void> {
      await settle();
      for (let next = nextTimer(untilMs); next !== undefined; next = nextTimer(untilMs)) {
        fire(next);
        await settle();
      }
      nowMs = untilMs;
    },
    pending: () => timers.size,
  };
}

/** Everything that waits only for promises has gone on. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn();
}
