// Who is at the embedded broker or was there, and how many messages went each way since the site's day began: for the
// person who looks for the client that is silent, or the one that floods.

import type { AedesOptions, Client } from 'aedes';
import type { LocalDays } from '../tiers/local-days.ts';
import type { Role } from '../users/users-file.ts';
import type { ClientView } from '../web/status-views.ts';

export interface Roster {
  readonly authorizeForward: Required<AedesOptions>['authorizeForward'];
  came(client: Client, who: Who): void;
  left(client: Client): void;
  /** A message came from it. */
  heard(client: Client | null): void;
  view(): { readonly clients: readonly ClientView[]; readonly more: number };
}

export interface Who {
  readonly user?: string;
  readonly role?: Role;
}

interface Entry extends Who {
  readonly id: string;
  readonly sinceMs: number;
  leftMs: number | undefined;
  in: number;
  out: number;
}

const shownMax = 100;
/** Of those that left; those that are there are bounded by the connections. */
const leftMax = 1_000;

export function createRoster(days: Pick<LocalDays, 'start' | 'end'>, nowMs: () => number): Roster {
  const entries = new Map<string, Entry>();
  const byClient = new WeakMap<Client, Entry>();
  const gone = new Set<Entry>();
  let dayMs = 0;
  let dayEndMs = 0;

  const turnDay = (): number => {
    const now = nowMs();
    if (now >= dayMs && now < dayEndMs) return now;
    dayMs = days.start(now);
    dayEndMs = days.end(now);
    for (const entry of entries.values()) entry.in = entry.out = 0;
    return now;
  };
  const forgetOldest = (): void => {
    const [oldest] = gone;
    if (oldest === undefined || gone.size <= leftMax) return;
    gone.delete(oldest);
    entries.delete(keyOf(oldest));
  };
  const count = (client: Client | null, way: 'in' | 'out'): void => {
    const entry = client === null ? undefined : byClient.get(client);
    if (entry === undefined) return;
    turnDay();
    entry[way]++;
  };

  return {
    came: (client, who) => {
      const sinceMs = turnDay();
      const key = keyOf({ ...who, id: client.id });
      const before = entries.get(key);
      const entry: Entry = { ...who, id: client.id, sinceMs, leftMs: undefined, ...countsOf(before) };
      if (before !== undefined) gone.delete(before);
      entries.set(key, entry);
      byClient.set(client, entry);
    },
    left: (client) => {
      const entry = byClient.get(client);
      // Whoever came by the same name since then has its place.
      if (entry === undefined || entries.get(keyOf(entry)) !== entry) return;
      entry.leftMs = nowMs();
      gone.add(entry);
      forgetOldest();
    },
    heard: (client) => count(client, 'in'),
    authorizeForward: (client, packet) => {
      count(client, 'out');
      return packet;
    },
    view: () => {
      turnDay();
      const there = [...entries.values()].filter(({ leftMs }) => leftMs === undefined);
      const all = [...there, ...[...gone].toReversed()];
      return { clients: all.slice(0, shownMax).map(clientView), more: Math.max(0, all.length - shownMax) };
    },
  };
}

/** The same client comes again by the same name, as the same user. */
const keyOf = ({ id, user }: Pick<Entry, 'id' | 'user'>): string => JSON.stringify([user, id]);

const countsOf = (entry: Entry | undefined): Pick<Entry, 'in' | 'out'> => ({
  in: entry?.in ?? 0,
  out: entry?.out ?? 0,
});

const clientView = (entry: Entry): ClientView => ({
  id: entry.id,
  ...(entry.user === undefined ? {} : { user: entry.user }),
  ...(entry.role === undefined ? {} : { role: entry.role }),
  since: entry.sinceMs,
  ...(entry.leftMs === undefined ? {} : { left: entry.leftMs }),
  ...countsOf(entry),
});
