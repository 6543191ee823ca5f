// Whose turn it is where one at a time is asked or connected to: on a port that several devices share, on a radio. The most
// overdue goes first.

/** @param dueMs since when it is due, on any one clock */
export type InTurn = <Result>(act: () => Promise<Result>, dueMs: number) => Promise<Result>;

interface Waiting {
  readonly dueMs: number;
  readonly begin: () => void;
}

export function createTurns(): InTurn {
  const waiting: Waiting[] = [];
  let isTaken = false;
  const begin = async (dueMs: number): Promise<void> => {
    if (!isTaken) {
      isTaken = true;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push({ dueMs, begin: resolve });
    await promise;
  };
  const end = (): void => {
    const leastMs = Math.min(...waiting.map(({ dueMs }) => dueMs));
    const index = waiting.findIndex(({ dueMs }) => dueMs === leastMs);
    const [next] = index < 0 ? [] : waiting.splice(index, 1);
    isTaken = next !== undefined;
    next?.begin();
  };
  return async (act, dueMs) => {
    await begin(dueMs);
    try {
      return await act();
    } finally {
      end();
    }
  };
}
