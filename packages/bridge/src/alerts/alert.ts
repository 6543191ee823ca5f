// What others are told of a trouble, and when: once it has lasted, and once it has been over as long. Pure.

import type { Episode } from '../live/alarm-history.ts';

export const alertLevels = ['warning', 'alarm', 'late', 'lost'] as const;
export type AlertLevel = (typeof alertLevels)[number];

/** Of one trouble: begun is told once, ended is told once. */
export interface Alert {
  readonly event: 'begin' | 'end';
  /** The same in both, and in no other: who gets a message twice knows it by `id` and `event`. */
  readonly id: string;
  /** Id of the device in /api/devices. */
  readonly device: string;
  readonly name: string;
  readonly code: string;
  readonly text: string;
  readonly level: AlertLevel;
  /** ms since 1970, by the readings. */
  readonly since: number;
  readonly until: number | null;
}

/** A trouble of which the beginning was told and the end was not. */
export interface Told extends Omit<Alert, 'event' | 'id' | 'until'> {
  /** The episode that it is now. */
  readonly episode: number;
}

export interface Standing {
  /** Episodes that have not ended. */
  readonly open: readonly Episode[];
  /** Episodes that ended since the last look. */
  readonly passed: readonly Episode[];
  readonly told: readonly Told[];
  /** When an episode ended; `undefined`: not, or it is no longer known. */
  readonly untilOf: (episode: number) => number | undefined;
}

export interface Decision {
  readonly alerts: readonly Alert[];
  /** What is told from now on, and of which episode; absent troubles are as they were. */
  readonly keep: readonly Told[];
  readonly drop: readonly Told[];
  /** Episodes that have not ended and are not told: each is to be looked at again. */
  readonly watch: readonly number[];
}

interface Rules {
  readonly levels: readonly AlertLevel[];
  readonly holdMs: number;
}

const keyOf = ({ device, code }: { readonly device: string; readonly code: string }): string =>
  JSON.stringify([device, code]);

/** A cause is a device and a code: what comes again within the hold time goes on, what ends within it was nothing. */
export function decide(standing: Standing, { levels, holdMs }: Rules, nowMs: number): Decision {
  const told = new Map(standing.told.map((each) => [keyOf(each), each]));
  const open = new Map(standing.open.map((each) => [keyOf(each), each]));
  const alerts: Alert[] = [];
  const keep = new Map<string, Told>();
  const drop: Told[] = [];

  const begin = (episode: Episode): void => {
    const { id, device, name, code, text, level, since } = episode;
    const now: Told = { device, name, code, text, level, since, episode: id };
    alerts.push(alertOf('begin', now, null));
    keep.set(keyOf(now), now);
  };
  const isWorth = ({ level, since, until }: Episode): boolean =>
    levels.includes(level) && (until ?? nowMs) - since >= holdMs;

  for (const episode of [...standing.passed, ...standing.open]) {
    const key = keyOf(episode);
    const known = keep.get(key) ?? told.get(key);
    if (known === undefined) {
      if (isWorth(episode)) begin(episode);
    } else if (known.episode < episode.id) keep.set(key, { ...known, episode: episode.id });
  }
  for (const each of told.values()) {
    const key = keyOf(each);
    if (open.has(key)) continue;
    // Not known any more: the device has another name, or is no longer there.
    const untilMs = standing.untilOf(keep.get(key)?.episode ?? each.episode);
    if (untilMs !== undefined && nowMs - untilMs < holdMs) continue;
    alerts.push(alertOf('end', each, untilMs ?? nowMs));
    keep.delete(key);
    drop.push(each);
  }
  const watch = standing.open.flatMap((episode) => {
    const key = keyOf(episode);
    return keep.has(key) || told.has(key) ? [] : [episode.id];
  });
  return { alerts, keep: [...keep.values()], drop, watch };
}

function alertOf(event: Alert['event'], told: Told, until: number | null): Alert {
  const { device, name, code, text, level, since } = told;
  return { event, id: `${device}/${code}/${since}`, device, name, code, text, level, since, until };
}
