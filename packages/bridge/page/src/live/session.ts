// Keeps the store true: one event stream, a snapshot at its every beginning, and the mark "as of" when nothing is heard.

import { type Api, RefusedError } from './api.ts';
import { createDeltas } from './deltas.ts';
import type { ServerClock } from './server-clock.ts';
import type { Store } from './store.ts';
import { createStream, type Take } from './stream.ts';
import { createSums } from './sums.ts';
import type { Ticker } from './ticker.ts';

/** The bridge says something every 5 s; with the tick of a second the page admits silence within 15 s. */
const silenceMaxMs = 14_000;
/** An attempt that has not answered by then is given up. */
const attemptMaxMs = 5000;
/** A tick that comes so much late means that the machine slept. */
const sleptMs = 10_000;
const alarmsBackMs = 24 * 3600_000;

export interface Session {
  readonly start: () => void;
  readonly stop: () => void;
  /** After signing in or out: everything is asked for anew. */
  readonly renew: () => void;
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

export function createSession({ api, store, clock, ticker, local, wallClock }: SessionParts): Session {
  let heardAt = local();
  let tickedAt = wallClock();
  let hasSnapshot = false;
  const deltas = createDeltas(store);
  const sums = createSums(api, store, local);

  const heard = (serverNow: number): void => {
    clock.learn(serverNow);
    heardAt = local();
    if (hasSnapshot && store.get().link.state !== 'live') {
      store.set({ link: { state: 'live', since: serverNow } });
    }
  };
  const snapshot = async (signal: AbortSignal): Promise<void> => {
    const now = clock.now();
    const [answer, site, { now: alarmsAt, alarms }] = await Promise.all([
      api.devices(signal),
      api.site(signal),
      api.alarms(now - alarmsBackMs, now, signal),
    ]);
    if (signal.aborted) return;
    const devices = new Map(answer.devices.map((device) => [device.id, device]));
    store.set({ devices, site, alarms: alarms.filter(({ until }) => until === null), loaded: true });
    deltas.apply({ devices: answer.now, alarms: alarmsAt });
    hasSnapshot = true;
    heard(answer.now);
  };
  const stands = (signal: AbortSignal): void => {
    hasSnapshot = false;
    snapshot(signal).catch((error: unknown) => {
      if (signal.aborted) return;
      stream.again();
      if (error instanceof RefusedError && error.status === 401) refused();
    });
  };
  /** Whoever has to sign in first asks for nothing until then. */
  const refused = (): void => {
    stream.close();
    store.set({ link: { state: 'refused', since: clock.now() } });
  };
  const who = createWho(api, store, refused);
  const stream = createStream({ local, stands, failed: who, take: hearing(deltas.take, heard) });

  ticker.onTick(() => {
    const slept = wallClock() - tickedAt > sleptMs;
    tickedAt = wallClock();
    if (hasSnapshot && deltas.apply({ devices: 0, alarms: 0 })) sums.areOld();
    const silentMs = local() - heardAt;
    if (slept || silentMs >= silenceMaxMs) {
      const { state } = store.get().link;
      if (state === 'refused') return;
      const believed = state === 'live' || state === 'connecting';
      if (believed) store.set({ link: { state: 'cut', since: clock.now() - silentMs } });
      stream.againIfOlder(attemptMaxMs);
    } else if (hasSnapshot) sums.renew();
  });

  return {
    start: () => {
      tickedAt = wallClock();
      who();
      ticker.start();
      ticker.tick();
      stream.open();
    },
    renew: () => {
      store.set({ link: { state: 'connecting', since: clock.now() } });
      heardAt = local();
      who();
      stream.open();
    },
    stop: () => {
      stream.close();
      ticker.stop();
    },
  };
}

/** Asks whether somebody has to sign in: a browser does not say why a stream could not be opened. */
const createWho =
  (api: Api, store: Store, refused: () => void): (() => void) =>
  () => {
    api.session(AbortSignal.timeout(attemptMaxMs)).then(
      (session) => {
        store.set({ user: session.user });
        if (!session.may_read) refused();
      },
      // The bridge is away: that is said by the silence.
      () => {},
    );
  };

/** Every event carries the bridge's clock and shows that the bridge is there. */
const hearing = (take: Take, heard: (now: number) => void): Take => {
  const after =
    <View extends { readonly now: number }>(next: (view: View) => void) =>
    (view: View) => {
      heard(view.now);
      next(view);
    };
  return {
    heartbeat: after(take.heartbeat),
    reading: after(take.reading),
    state: after(take.state),
    alarm: after(take.alarm),
  };
};
