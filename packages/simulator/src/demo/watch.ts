// Asks the running bridge, as a script of anybody could.

import { setTimeout as wait } from 'node:timers/promises';

export interface Bridge {
  /** Resolves when the bridge can be used. */
  ready(signal: AbortSignal): Promise<void>;
  /** Device name → time of its newest stored reading, ms since 1970. */
  newest(): Promise<ReadonlyMap<string, number>>;
}

const askAgainMs = 50;

export function createBridge(url: string): Bridge {
  return {
    async ready(signal) {
      while (!signal.aborted) {
        const isReady = await fetch(`${url}/readyz`, { signal }).then(
          ({ ok }) => ok,
          () => false,
        );
        if (isReady) return;
        await wait(askAgainMs);
      }
    },
    async newest() {
      const answer = await fetch(`${url}/api/devices`);
      const { devices } = (await answer.json()) as { devices: { name: string; time: number }[] };
      return new Map(devices.map(({ name, time }) => [name, time]));
    },
  };
}
