// Something that runs while anybody needs it, and for a while after.

export interface Running {
  /** Keeps it running until it is left; `failed` is told what ends it otherwise. Returns what leaves it. */
  enter(failed: (error: Error) => void): (lingerMs: number) => Promise<void>;
}

/** @param run until the signal aborts */
export function createRunning(run: (signal: AbortSignal) => Promise<void>): Running {
  const users = new Set<(error: Error) => void>();
  let stop = new AbortController();
  let ended: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  const begin = (): void => {
    stop = new AbortController();
    const { signal } = stop;
    const before = ended ?? Promise.resolve();
    const own = before
      .then(() => run(signal))
      .catch((error: unknown) => {
        for (const failed of users) failed(error as Error);
      });
    ended = own;
    void own.then(() => {
      if (ended === own) ended = undefined;
    });
  };
  return {
    enter(failed) {
      clearTimeout(timer);
      // The same function may come twice.
      const user = (error: Error): void => failed(error);
      users.add(user);
      if (ended === undefined || stop.signal.aborted) begin();
      return async (lingerMs) => {
        if (!users.delete(user) || users.size > 0) return;
        if (lingerMs === 0) await end();
        else timer = setTimeout(() => void end(), lingerMs).unref();
      };
    },
  };
}
