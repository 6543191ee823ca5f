// What the event stream says between two snapshots: changes wait for the next pass, so that they reach the store, and
// the screen, together, and none is overwritten by a snapshot that was made before it.

import type { AlarmView, DeviceView, EventViews } from '../../../src/web/api.ts';
import type { Store } from './store.ts';
import type { Take } from './stream.ts';

/** Server times: a snapshot that was read then knows what was said before. 0 takes all that waits. */
export interface Since {
  readonly devices: number;
  readonly alarms: number;
}

export interface Deltas {
  readonly take: Take;
  /** Brings what was said since then into the store and forgets what was said before it. True when there was any. */
  readonly apply: (since: Since) => boolean;
}

export function createDeltas(store: Pick<Store, 'get' | 'set'>): Deltas {
  const waiting = new Map<string, { readonly now: number; readonly device: DeviceView }>();
  let waitingAlarms: EventViews['alarm'][] = [];
  const take: Take = {
    heartbeat: () => {},
    reading: ({ now, device }) => waiting.set(device.id, { now, device }),
    state: ({ now, id, state }) => {
      const device = waiting.get(id)?.device ?? store.get().devices.get(id);
      if (device) waiting.set(id, { now, device: { ...device, state } });
    },
    alarm: (said) => {
      waitingAlarms.push(said);
    },
  };
  const apply = (since: Since): boolean => {
    const changed = [...waiting.values()]
      .filter(({ now }) => now >= since.devices)
      .map(({ device }) => [device.id, device] as const);
    const said = waitingAlarms.filter(({ now }) => now >= since.alarms);
    waiting.clear();
    waitingAlarms = [];
    if (changed.length + said.length === 0) return false;
    const { devices, alarms } = store.get();
    store.set({
      ...(changed.length === 0 ? {} : { devices: new Map([...devices, ...changed]) }),
      ...(said.length === 0 ? {} : { alarms: said.reduce(withAlarm, alarms) }),
    });
    return true;
  };
  return { take, apply };
}

/** Those that go on after this was said; one is known by its device, code and beginning. */
function withAlarm(alarms: readonly AlarmView[], { alarm }: EventViews['alarm']): readonly AlarmView[] {
  const others = alarms.filter(
    ({ device, code, since }) => device !== alarm.device || code !== alarm.code || since !== alarm.since,
  );
  return alarm.until === null ? [alarm, ...others] : others;
}
