// A clock in the place of this process's own: its timers fire in their order without waiting, each after what the last one
// caused and what awaits only promises has gone on. Timers belong to whom they were started for, and end with him.

import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';

interface Timer {
  atMs: number;
  order: number;
  readonly delayMs: number;
  readonly isRepeated: boolean;
  readonly owner: object | undefined;
  readonly act: () => void;
}

export interface FastClock {
  readonly nowMs: () => number;
  /** Goes on to that time, or until nothing more is to come. */
  passTo(untilMs: number): Promise<void>;
  /** Stands still until it has settled: what waits for the machine itself. */
  hold<Result>(promise: Promise<Result>): Promise<Result>;
  /** Timers that `act`, and all that comes of it, starts from now on are `owner`'s. */
  on<Result>(owner: object | undefined, act: () => Result): Result;
  /** Its timers never fire. */
  end(owner: object): void;
  readonly pending: () => number;
  /** Gives the process its own clock back. */
  release(): void;
}

const replaced = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;

export function takeClock(): FastClock {
  let nowMs = 0;
  let order = 0;
  let timers: Timer[] = [];
  const owners = new AsyncLocalStorage<object | undefined>();
  const add = (timer: Timer): void => {
    timer.atMs = nowMs + timer.delayMs;
    timer.order = order++;
    let low = 0;
    for (let high = timers.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((timers[middle] as Timer).atMs <= timer.atMs) low = middle + 1;
      else high = middle;
    }
    timers.splice(low, 0, timer);
  };
  const remove = (timer: Timer): void => {
    const at = timers.indexOf(timer);
    if (at >= 0) timers.splice(at, 1);
  };
  const start =
    (isRepeated: boolean) =>
    (act: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) => {
      const delayMs = Math.max(1, ms ?? 1);
      const owner = owners.getStore();
      const timer: Timer = { atMs: 0, order: 0, delayMs, isRepeated, owner, act: () => act(...given) };
      add(timer);
      const handle = {
        timer,
        ref: () => handle,
        unref: () => handle,
        refresh() {
          remove(timer);
          add(timer);
          return handle;
        },
      };
      return handle;
    };
  const stop = (handle: { readonly timer?: Timer } | undefined): void => {
    if (handle?.timer !== undefined) remove(handle.timer);
  };
  const held = new Set<Promise<unknown>>();
  const settle = async (): Promise<void> => {
    do {
      await Promise.allSettled(held);
      await turn();
    } while (held.size > 0);
  };
  const own = Object.fromEntries(replaced.map((name) => [name, globalThis[name]]));
  const { now } = performance;
  Object.assign(globalThis, {
    ...{ setTimeout: start(false), clearTimeout: stop, setInterval: start(true), clearInterval: stop },
  });
  performance.now = () => nowMs;
  return {
    nowMs: () => nowMs,
    async passTo(untilMs) {
      await settle();
      for (let [next] = timers; next !== undefined && next.atMs <= untilMs; [next] = timers) {
        timers.shift();
        nowMs = next.atMs;
        if (next.isRepeated) add(next);
        owners.run(next.owner, next.act);
        await settle();
      }
      nowMs = untilMs;
    },
    hold(promise) {
      held.add(promise);
      const done = (): void => void held.delete(promise);
      promise.then(done, done);
      return promise;
    },
    on: (owner, act) => owners.run(owner, act),
    end(owner) {
      timers = timers.filter((timer) => timer.owner !== owner);
    },
    pending: () => timers.length,
    release() {
      Object.assign(globalThis, own);
      performance.now = now;
    },
  };
}
