// Wakes one sleeper.

interface Bell {
  ring(): void;
  /** Resolves at the next ring; at once when it rang since the last time, or the signal aborted. */
  rung(): Promise<void>;
}

export function createBell(signal: AbortSignal): Bell {
  let rang = false;
  let answer = (): void => {};
  const ring = (): void => {
    rang = true;
    answer();
  };
  signal.addEventListener('abort', ring);
  return {
    ring,
    rung: async (): Promise<void> => {
      if (!rang) {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
      }
      rang = false;
    },
  };
}
