// That an adapter is lost, told to everybody whom it concerns now. A promise that many wait for in turn would keep each of
// them, and what they hold, for as long as the adapter is open.

import type { TransportError } from '../transport.ts';

export interface AdapterLoss {
  /** Rejects when the adapter is lost; for who waits as long as it is open. */
  readonly gone: Promise<never>;
  /** Told once, never within this call; returns what ends that. */
  whenGone(told: (error: TransportError) => void): () => void;
  /** What comes first. */
  unlessGone<Result>(promise: Promise<Result>): Promise<Result>;
  /** Everything open on it is over. */
  lose(error: TransportError): void;
}

export function createAdapterLoss(): AdapterLoss {
  const { promise: gone, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting when the adapter goes.
  gone.catch(() => {});
  const concerned = new Set<(error: TransportError) => void>();
  let loss: TransportError | undefined;
  const tell = (): void => {
    if (loss === undefined) return;
    for (const told of concerned) {
      concerned.delete(told);
      told(loss);
    }
  };
  const whenGone = (told: (error: TransportError) => void): (() => void) => {
    const own = (error: TransportError): void => told(error);
    concerned.add(own);
    if (loss !== undefined) queueMicrotask(tell);
    return () => void concerned.delete(own);
  };
  return {
    gone,
    whenGone,
    async unlessGone(promise) {
      const { promise: lost, reject: fail } = Promise.withResolvers<never>();
      const forget = whenGone(fail);
      try {
        return await Promise.race([promise, lost]);
      } finally {
        forget();
      }
    },
    lose(error) {
      if (loss !== undefined) return;
      loss = error;
      reject(error);
      queueMicrotask(tell);
    },
  };
}
