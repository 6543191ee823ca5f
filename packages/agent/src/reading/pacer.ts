// Lets through at most one item an interval, the newest one. Devices speak once a second; a reading is due every interval.

/** Starts a timer; returns what stops it. */
export type StartTimer = (delayMs: number, fire: () => void) => () => void;

export interface Pacer<Item> {
  /** An item that is due goes out at once; else it waits, and the next one takes its place. */
  readonly offer: (item: Item) => void;
  readonly stop: () => void;
}

export interface PacerOptions<Item> {
  readonly intervalMs: number;
  /** Any steady clock, ms. */
  readonly nowMs: () => number;
  readonly startTimer: StartTimer;
  readonly emit: (item: Item) => void;
}

export function createPacer<Item>({ intervalMs, nowMs, startTimer, emit }: PacerOptions<Item>): Pacer<Item> {
  let dueMs = Number.NEGATIVE_INFINITY;
  let waiting: { readonly item: Item } | undefined;
  let stopTimer: (() => void) | undefined;

  const send = (item: Item): void => {
    dueMs = nowMs() + intervalMs;
    emit(item);
  };
  const fire = (): void => {
    stopTimer = undefined;
    if (waiting === undefined) return;
    const { item } = waiting;
    waiting = undefined;
    send(item);
  };
  return {
    offer(item) {
      const now = nowMs();
      if (waiting === undefined && now >= dueMs) {
        send(item);
        return;
      }
      waiting = { item };
      stopTimer ??= startTimer(dueMs - now, fire);
    },
    stop() {
      stopTimer?.();
      stopTimer = undefined;
      waiting = undefined;
    },
  };
}

export const startTimer: StartTimer = (delayMs, fire) => {
  const timer = setTimeout(fire, delayMs);
  return () => clearTimeout(timer);
};
