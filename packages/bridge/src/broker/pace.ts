// A client that publishes faster than is allowed is slowed down: nothing of it is lost, and others get their turn.

export interface Pace {
  /** Calls `go` at once or when it is the client's turn, in order. Returns false when it has to wait. */
  take(client: object | null, go: () => void): boolean;
}

interface Turn {
  tokens: number;
  atMs: number;
  readonly waiting: (() => void)[];
}

const lookEveryMs = 10;

/** A second's messages may come at once. */
export function createPace(perSecondMax: number, steadyMs: () => number): Pace {
  const turns = new WeakMap<object, Turn>();
  const refill = (turn: Turn): void => {
    const nowMs = steadyMs();
    turn.tokens = Math.min(perSecondMax, turn.tokens + ((nowMs - turn.atMs) * perSecondMax) / 1000);
    turn.atMs = nowMs;
  };
  const drain = (turn: Turn): void => {
    refill(turn);
    while (turn.tokens >= 1 && turn.waiting.length > 0) {
      turn.tokens--;
      turn.waiting.shift()?.();
    }
    if (turn.waiting.length > 0) setTimeout(drain, lookEveryMs, turn).unref();
  };
  return {
    take: (client, go) => {
      if (client === null) {
        go();
        return true;
      }
      let turn = turns.get(client);
      if (turn === undefined) {
        turn = { tokens: perSecondMax, atMs: steadyMs(), waiting: [] };
        turns.set(client, turn);
      }
      if (turn.tokens < 1) refill(turn);
      if (turn.waiting.length === 0 && turn.tokens >= 1) {
        turn.tokens--;
        go();
        return true;
      }
      turn.waiting.push(go);
      if (turn.waiting.length === 1) setTimeout(drain, lookEveryMs, turn).unref();
      return false;
    },
  };
}
