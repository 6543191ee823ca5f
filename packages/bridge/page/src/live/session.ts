// Keeps the store true: one event stream, a snapshot at its every beginning, and the mark "as of" when nothing is heard.

import type { AlarmView, DeviceView } from '../../../src/web/api.ts';
import { type Api, RefusedError } from './api.ts';
import type { ServerClock } from './server-clock.ts';
import type { Store } from './store.ts';
import { createStream } from './stream.ts';
import type { Ticker } from './ticker.ts';

/** The bridge says something every 5 s; with the tick of a second the page admits silence within 15 s. */
const silenceMaxMs = 14_000;
/** An attempt that has not answered by then is given up. */
const attemptMaxMs = 5000;
/** A tick that comes so much late means that the machine slept. */
const sleptMs = 10_000;
/** The sums of the site are asked for again after readings, but not more often than this. */
const siteEveryMs = 2000;
const alarmsBackMs = 24 * 3600_000;

export interface Session {
  readonly start: () => void;
  readonly stop: () => void;
}

interface Change {
  readonly now: number;
  readonly device: DeviceView;
}

interface SessionParts {
  readonly api: Api;
  readonly store: Store;
  readonly clock: ServerClock;
  readonly ticker: Ticker;
  /** ms, monotonic. */
  readonly local: () => number;
  readonly wallClock: () => number;
}

export function createSession(parts: SessionParts): Session {
  const { api, store, clock, ticker, local, wallClock } = parts;
  let heardAt = local();
  let tickedAt = wallClock();
  let snapshotTaken = false;
  /** Changes since the last pass: they reach the store, and so the screen, together. */
  const waiting = new Map<string, Change>();
  const site = siteOf(parts);

  const heard = (serverNow: number): void => {
    clock.learn(serverNow);
    heardAt = local();
    if (snapshotTaken && store.get().link.state !== 'live') {
      store.set({ link: { state: 'live', since: serverNow } });
    }
  };
  const snapshot = async (signal: AbortSignal): Promise<void> => {
    const now = clock.now();
    const [answer, view, alarms] = await Promise.all([
      api.devices(signal),
      api.site(signal),
      api.alarms(now - alarmsBackMs, now, signal),
    ]);
    if (signal.aborted) return;
    const devices = new Map(answer.devices.map((device) => [device.id, device]));
    // What came while the snapshot was made is older than it, or newer.
    for (const [id, change] of waiting) if (change.now < answer.now) waiting.delete(id);
    store.set({ devices: merged(devices, waiting), site: view, alarms, loaded: true });
    waiting.clear();
    snapshotTaken = true;
    heard(answer.now);
  };

  const stream = createStream({
    local,
    stands: (signal) => {
      snapshotTaken = false;
      snapshot(signal).catch((error: unknown) => {
        if (signal.aborted) return;
        if (error instanceof RefusedError && error.status === 401) {
          store.set({ link: { state: 'refused', since: clock.now() } });
        }
        stream.again();
      });
    },
    take: {
      heartbeat: ({ now }) => heard(now),
      reading: ({ now, device }) => {
        heard(now);
        waiting.set(device.id, { now, device });
      },
      state: ({ now, id, state }) => {
        heard(now);
        const device = waiting.get(id)?.device ?? store.get().devices.get(id);
        if (device) waiting.set(id, { now, device: { ...device, state } });
      },
      alarm: ({ now, alarm }) => {
        heard(now);
        store.set({ alarms: withAlarm(store.get().alarms, alarm) });
      },
    },
  });

  ticker.onTick(() => {
    const slept = wallClock() - tickedAt > sleptMs;
    tickedAt = wallClock();
    if (snapshotTaken && waiting.size > 0) {
      store.set({ devices: merged(store.get().devices, waiting) });
      waiting.clear();
      site.changed();
    }
    const silentMs = local() - heardAt;
    if (slept || silentMs >= silenceMaxMs) {
      const { state } = store.get().link;
      if (state === 'live' || state === 'connecting') {
        store.set({ link: { state: 'cut', since: clock.now() - silentMs } });
      }
      if (local() - stream.openedAt() >= attemptMaxMs) stream.again();
    }
    if (snapshotTaken) site.refresh();
  });

  return {
    start: () => {
      tickedAt = wallClock();
      ticker.start();
      ticker.tick();
      stream.open();
    },
    stop: () => {
      stream.close();
      ticker.stop();
    },
  };
}

/** The sums of the site, which only the bridge can make, asked for again after readings. */
function siteOf({ api, store, local }: SessionParts) {
  let askedAt = local();
  let old = false;
  const ask = async (): Promise<void> => {
    old = false;
    askedAt = local();
    try {
      store.set({ site: await api.site(AbortSignal.timeout(siteEveryMs)) });
    } catch {
      // Asked again at once it may; until then the age beside the sum tells how old it is.
      old = true;
    }
  };
  return {
    changed: () => {
      old = true;
    },
    refresh: () => {
      if (old && local() - askedAt >= siteEveryMs) void ask();
    },
  };
}

function merged(
  devices: ReadonlyMap<string, DeviceView>,
  changes: ReadonlyMap<string, Change>,
): Map<string, DeviceView> {
  return new Map([...devices, ...[...changes].map(([id, { device }]) => [id, device] as const)]);
}

/** The list with this alarm as it is now: one entry for a device, a code and a beginning. */
function withAlarm(alarms: readonly AlarmView[], alarm: AlarmView): AlarmView[] {
  const others = alarms.filter(
    ({ device, code, since }) => device !== alarm.device || code !== alarm.code || since !== alarm.since,
  );
  return [alarm, ...others];
}
