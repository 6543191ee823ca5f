// Timers that do not keep a process alive and can be stopped by their owner or all together.

export interface Timers<Owner> {
  /** At most one timer an owner: the new one replaces the old. */
  start(owner: Owner, ms: number, action: () => void): void;
  stop(owner: Owner): void;
  later(ms: number, action: () => void): void;
  stopAll(): void;
}

export function createTimers<Owner>(): Timers<Owner> {
  const owned = new Map<Owner, NodeJS.Timeout>();
  const others = new Set<NodeJS.Timeout>();
  const stop = (owner: Owner): void => {
    clearTimeout(owned.get(owner));
    owned.delete(owner);
  };
  return {
    start(owner, ms, action) {
      stop(owner);
      owned.set(owner, setTimeout(action, ms).unref());
    },
    stop,
    later(ms, action) {
      const timer = setTimeout(() => {
        others.delete(timer);
        action();
      }, ms).unref();
      others.add(timer);
    },
    stopAll() {
      for (const timer of [...owned.values(), ...others]) clearTimeout(timer);
      owned.clear();
      others.clear();
    },
  };
}
