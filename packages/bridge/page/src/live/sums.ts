// The sums of the site, which only the bridge can make: asked for again after readings, not after each.

import type { Api } from './api.ts';
import type { Store } from './store.ts';

export interface Sums {
  /** A device has said something new. */
  readonly areOld: () => void;
  /** Asks if there is reason to, and the last time is long enough ago. */
  readonly renew: () => void;
}

const pauseMs = 2000;
const timeoutMs = 10_000;

/** `local`: ms, monotonic. */
export function createSums(api: Api, store: Store, local: () => number): Sums {
  let askedAt = local();
  let old = false;
  const ask = async (): Promise<void> => {
    old = false;
    askedAt = local();
    try {
      store.set({ site: await api.site(AbortSignal.timeout(timeoutMs)) });
    } catch {
      // Asked again after the pause; until then the age beside each sum tells how old it is.
      old = true;
    }
  };
  return {
    areOld: () => {
      old = true;
    },
    renew: () => {
      if (old && local() - askedAt >= pauseMs) void ask();
    },
  };
}
