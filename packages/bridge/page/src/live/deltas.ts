// What the event stream says between two snapshots: changes wait for the next pass, so that they reach the store, and
// the screen, together.

import type { AlarmView, DeviceView } from '../../../src/web/api.ts';
import type { Store } from './store.ts';
import type { Take } from './stream.ts';

export interface Deltas {
  readonly take: Take;
  /**
   * Brings what was said at `since` or after into the store; what was said earlier is forgotten, a snapshot made at
   * `since` knows it. True when there was any.
   */
  readonly apply: (since: number) => boolean;
}

export function createDeltas(store: Pick<Store, 'get' | 'set'>): Deltas {
  const waiting = new Map<string, { readonly now: number; readonly device: DeviceView }>();
  const take: Take = {
    heartbeat: () => {},
    reading: ({ now, device }) => waiting.set(device.id, { now, device }),
    state: ({ now, id, state }) => {
      const device = waiting.get(id)?.device ?? store.get().devices.get(id);
      if (device) waiting.set(id, { now, device: { ...device, state } });
    },
    alarm: ({ alarm }) => store.set({ alarms: withAlarm(store.get().alarms, alarm) }),
  };
  const apply = (since: number): boolean => {
    const news = [...waiting.values()].filter(({ now }) => now >= since);
    waiting.clear();
    if (news.length === 0) return false;
    const changed = news.map(({ device }) => [device.id, device] as const);
    store.set({ devices: new Map([...store.get().devices, ...changed]) });
    return true;
  };
  return { take, apply };
}

/** The list with this alarm as it is now: one entry for a device, a code and a beginning. */
function withAlarm(alarms: readonly AlarmView[], alarm: AlarmView): AlarmView[] {
  const others = alarms.filter(
    ({ device, code, since }) => device !== alarm.device || code !== alarm.code || since !== alarm.since,
  );
  return [alarm, ...others];
}
