// The one clock of the page: once a second while the page is seen, at rest while it is hidden.

export interface Ticker {
  readonly onTick: (listener: () => void) => () => void;
  readonly tick: () => void;
  readonly start: () => void;
  readonly stop: () => void;
}

export function createTicker(): Ticker {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  const tick = (): void => {
    for (const listener of [...listeners]) listener();
  };
  return {
    tick,
    onTick: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start: () => {
      timer ??= setInterval(tick, 1000);
    },
    stop: () => {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
