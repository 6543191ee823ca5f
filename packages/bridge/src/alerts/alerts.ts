// Tells others of troubles: looks at the alarms in the store, decides, and has each alert carried out of the house.

import type { AlarmHistory, Episode } from '../live/alarm-history.ts';
import type { Store } from '../store.ts';
import type { AlertChannelView } from '../web/status-views.ts';
import { type AlertLevel, decide } from './alert.ts';
import { type CourierParts, type Send, startCourier } from './courier.ts';
import { type Channel, openNotebook } from './notebook.ts';

export interface AlertsParts extends Pick<CourierParts, 'random' | 'sleep' | 'report'> {
  readonly store: Pick<Store, 'database' | 'transaction'>;
  readonly history: Pick<AlarmHistory, 'open' | 'after' | 'episode'>;
  readonly channels: { readonly [Name in Channel]?: Send };
  readonly holdMs: number;
  readonly levels: readonly AlertLevel[];
  readonly clock: () => number;
  readonly lookEveryMs?: number;
}

export interface Alerts {
  view(): readonly AlertChannelView[];
  /** Resolves when nothing is under way any more; what has not arrived is sent after the next start. */
  stop(): Promise<void>;
}

const lookEveryMsUsual = 2_000;
/** Episodes of one look; more are looked at with the next. */
const passedMax = 1_000;

export function startAlerts(parts: AlertsParts): Alerts {
  const { store, history, holdMs, levels, clock, report, lookEveryMs = lookEveryMsUsual } = parts;
  const notebook = openNotebook(store, history.after(0, 1, 'newest')[0]?.id ?? 0);
  const couriers = (['mqtt', 'webhook'] as const).flatMap((channel) => {
    const send = parts.channels[channel];
    return send === undefined ? [] : [{ channel, ...startCourier({ ...parts, channel, send, notebook }) }];
  });
  const names = couriers.map(({ channel }) => channel);
  let refused: string | undefined;

  const look = (): void => {
    const { upTo, watched } = notebook.looked();
    const fresh = history.after(upTo, passedMax, 'oldest');
    const passed = [...watched.map((id) => history.episode(id)), ...fresh].filter(hasEnded);
    const untilOf = (id: number): number | undefined => history.episode(id)?.until ?? undefined;
    const standing = { open: history.open(), passed, told: notebook.told(), untilOf };
    const decision = decide(standing, { levels, holdMs }, clock());
    const { alerts, keep, drop, watch } = decision;
    const isSame = watch.length === watched.length && watch.every((id) => watched.includes(id));
    if (isSame && alerts.length + keep.length + drop.length + fresh.length === 0) return;
    const dropped = notebook.write(decision, fresh.at(-1)?.id ?? upTo, names);
    if (dropped > 0) report(`Alerts: too many wait, the ${dropped} oldest were given up.`);
    if (alerts.length > 0) for (const { wake } of couriers) wake();
  };
  const guarded = (): void => {
    try {
      look();
      refused = undefined;
    } catch (error) {
      // Nothing was written: the next look comes to the same decision.
      if (refused !== String(error)) report(`Alerts could not be written down: ${String(error)}.`);
      refused = String(error);
    }
  };
  guarded();
  const timer = setInterval(guarded, lookEveryMs);
  return {
    view: () =>
      couriers.map(({ channel, problem }) => {
        const said = problem();
        return { channel, ...notebook.account(channel), ...(said === undefined ? {} : { problem: said }) };
      }),
    stop: async () => {
      clearInterval(timer);
      await Promise.all(couriers.map((courier) => courier.stop()));
    },
  };
}

const hasEnded = (episode: Episode | undefined): episode is Episode =>
  episode !== undefined && episode.until !== null;
