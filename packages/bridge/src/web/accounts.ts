// The accounts of every hop as sums that must close: in = all that became of it. Pure; the page draws them, tests of
// faults check them on any answer of /api/status, which is one moment.

import type { StatusView } from './status-views.ts';

export type Outcome =
  | 'confirmed'
  | 'lost'
  | 'stored'
  | 'duplicate'
  | 'conflict'
  | 'state'
  | 'aside'
  | 'arrived'
  | 'given_up'
  | 'missing'
  | 'held'
  | 'expired'
  | 'merged'
  | 'missed'
  | 'delivered'
  | 'pending'
  | 'refused'
  | 'skipped'
  | 'sent'
  | 'dropped';

export interface Account {
  readonly hop: 'devices' | 'agent' | 'log' | 'store' | 'tiers' | 'sink' | 'alerts';
  /** Of the agent, the sink, or the way of the alerts. */
  readonly name?: string;
  readonly into: number;
  readonly became: { readonly [outcome in Outcome]?: number };
}

type Counted = Pick<StatusView, 'accounts' | 'agents' | 'sinks' | 'alerts'>;

export function accountsOf({ accounts, agents, sinks, alerts }: Counted): readonly Account[] {
  const { received, stored, duplicate, conflict, state, aside, held, expired, moved, tiers } = accounts;
  const places = stored + moved;
  return [
    ...devicesAccount(agents),
    ...accounts.agents.map(
      ({ agent, counted, arrived, given_up, missing }): Account => ({
        hop: 'agent',
        name: agent,
        into: counted,
        became: { arrived, missing, given_up },
      }),
    ),
    { hop: 'log', into: received, became: { stored, duplicate, conflict, state, aside: sumOf(aside) } },
    { hop: 'store', into: places, became: { held, expired } },
    { hop: 'tiers', into: places, became: { ...tiers } },
    ...sinks.map(
      ({ name, readings: { delivered, pending, refused, expired: gone, skipped } }): Account => ({
        hop: 'sink',
        name,
        into: places,
        became: { delivered, pending, refused, expired: gone, ...(skipped === undefined ? {} : { skipped }) },
      }),
    ),
    ...alerts.map(
      ({ channel, queued, sent, pending, refused, dropped }): Account => ({
        hop: 'alerts',
        name: channel,
        into: queued,
        became: { sent, pending, refused, dropped },
      }),
    ),
  ];
}

/** Of all agents that count what their devices tell, each since it started. */
function devicesAccount(agents: Counted['agents']): readonly Account[] {
  const counts = agents.flatMap(({ readings }) => readings ?? []);
  if (counts.length === 0) return [];
  const sum = (of: keyof (typeof counts)[number]): number =>
    counts.reduce((total, each) => total + each[of], 0);
  const became = {
    confirmed: sum('confirmed'),
    pending: sum('waiting'),
    given_up: sum('given_up'),
    lost: sum('lost'),
  };
  return [{ hop: 'devices', into: sum('taken'), became }];
}

/** What an agent counted, has not delivered, and does not announce as waiting with it. */
export function missingOf({ agents }: Pick<StatusView, 'agents'>, agent: string, notCome: number): number {
  const waiting = agents.find(({ name }) => name === agent)?.outbox?.readings ?? 0;
  return Math.max(0, notCome - waiting);
}

/** What went in and is nowhere; below zero: what came out of nothing. */
export const unexplained = ({ into, became }: Account): number => into - sumOf(became);

/** The sums that do not close, in words; none: every message and every reading is accounted for. */
export function checkAccounts(status: Counted): readonly string[] {
  return accountsOf(status).flatMap((account) => {
    const open = unexplained(account);
    if (open === 0) return [];
    const { hop, name, into, became } = account;
    const sum = Object.entries(became).map(([outcome, count]) => `${outcome} ${count}`);
    return [`${hop}${name === undefined ? '' : ` ${name}`}: ${into} is not ${sum.join(' + ')}: ${open} off`];
  });
}

const sumOf = (counts: { readonly [name: string]: number }): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
