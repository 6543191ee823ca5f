// What the page knows at this moment. Values are replaced, never changed, so that a part redraws when its own changed.

import type { AlarmView, DeviceView, SiteView } from '../../../src/web/api.ts';

export interface Link {
  /** `connecting`: nothing heard yet; `cut`: heard nothing for too long, every number is as of `since`. */
  readonly state: 'connecting' | 'live' | 'cut' | 'refused';
  /** Server time of the last word heard. */
  readonly since: number;
}

export interface Known {
  readonly link: Link;
  readonly loaded: boolean;
  /** Who is signed in; `null`: nobody. */
  readonly user: string | null;
  readonly devices: ReadonlyMap<string, DeviceView>;
  readonly site: SiteView | undefined;
  /** Those that go on. */
  readonly alarms: readonly AlarmView[];
}

export interface Store {
  readonly get: () => Known;
  readonly set: (change: Partial<Known>) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createStore(): Store {
  let known: Known = {
    link: { state: 'connecting', since: 0 },
    loaded: false,
    user: null,
    devices: new Map(),
    site: undefined,
    alarms: [],
  };
  const listeners = new Set<() => void>();
  return {
    get: () => known,
    set: (change) => {
      known = { ...known, ...change };
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
