// The accounts as the ledger shows them: in = delivered + waiting + rejected, and why. Pure.

import { type Account, accountsOf, missingOf, unexplained } from '../../../src/web/accounts.ts';
import type { StatusView } from '../../../src/web/status-views.ts';
import type { Fill, Key } from '../words/words.ts';

/** A sentence of the page, or words of the bridge or a store, which are never translated. */
export type Reason = { readonly key: Key; readonly fill: Fill } | { readonly text: string };

export interface Row {
  readonly hop: Account['hop'];
  readonly title: { readonly key: Key; readonly fill: Fill };
  readonly into: number;
  /** Beside what came in: nothing was lost by it. */
  readonly beside: number;
  readonly delivered: number;
  readonly waiting: number;
  readonly rejected: number;
  readonly why: readonly Reason[];
  /** What went in and is nowhere. */
  readonly open: number;
}

/** What expired of the log had its time: that is in the card of the storage. */
export const rowsOf = (status: StatusView): readonly Row[] =>
  accountsOf(status).flatMap((account) => (account.hop === 'store' ? [] : [rowOf(account, status)]));

const titles = {
  devices: 'hop_devices',
  agent: 'hop_agent',
  log: 'hop_log',
  store: 'hop_log',
  tiers: 'hop_tiers',
  sink: 'hop_sink',
  alerts: 'hop_alerts',
} as const satisfies { readonly [hop in Account['hop']]: Key };
const deliveredBy = ['confirmed', 'arrived', 'stored', 'merged', 'delivered', 'sent'];
const waitingBy = ['missing', 'pending'];
const besideBy = ['duplicate', 'state', 'skipped'];

function rowOf(account: Account, status: StatusView): Row {
  const { hop, name = '', into, became } = account;
  const sums = { delivered: 0, waiting: hop === 'log' ? status.accounts.waiting : 0, beside: 0, rejected: 0 };
  const rest = sums.waiting;
  for (const [outcome, count] of Object.entries(became)) {
    const of = deliveredBy.includes(outcome)
      ? 'delivered'
      : waitingBy.includes(outcome)
        ? 'waiting'
        : besideBy.includes(outcome)
          ? 'beside'
          : 'rejected';
    sums[of] += count;
  }
  return {
    hop,
    title: { key: titles[hop], fill: { x: name } },
    into: into + rest - sums.beside,
    ...sums,
    why: whyOf(hop, name, status),
    open: unexplained(account),
  };
}

function whyOf(hop: Account['hop'], name: string, status: StatusView): readonly Reason[] {
  if (hop === 'devices') return whyOfDevices(status);
  if (hop === 'agent') return whyOfAgent(name, status);
  if (hop === 'log') return whyOfLog(status);
  if (hop === 'sink') return whyOfSink(name, status);
  const way = hop === 'alerts' && status.alerts.find(({ channel }) => channel === name);
  return way && way.problem !== undefined ? [{ text: way.problem }] : [];
}

const namedMax = 5;

/** In the agents' own words, why devices tell nothing. */
const whyOfDevices = ({ agents }: StatusView): Reason[] =>
  agents
    .flatMap(({ devices }) => devices)
    .flatMap(({ name, problem }) => (problem === undefined ? [] : [{ text: `${name}: ${problem}` }]))
    .slice(0, namedMax);

function whyOfAgent(agent: string, status: StatusView): Reason[] {
  const { accounts } = status;
  const { given_up: givenUp = 0, missing = 0 } = accounts.agents.find((each) => each.agent === agent) ?? {};
  const atAgent = missing - missingOf(status, agent, missing);
  const gaps = accounts.missing.filter((gap) => gap.agent === agent);
  const byDevice = new Map<string, number>();
  for (const { name, stream, count } of gaps) {
    const device = name ?? stream;
    byDevice.set(device, (byDevice.get(device) ?? 0) + count);
  }
  const named = [...byDevice].slice(0, namedMax);
  return [
    ...named.map(([name, x]): Reason => ({ key: 'why_missing', fill: { name, x } })),
    ...(byDevice.size > namedMax ? [{ key: 'more', fill: { x: byDevice.size - namedMax } } as const] : []),
    ...(atAgent === 0 ? [] : [{ key: 'why_at_agent', fill: { x: atAgent } } as const]),
    ...(givenUp === 0 ? [] : [{ key: 'why_given_up', fill: { x: givenUp } } as const]),
  ];
}

function whyOfLog({ accounts: { aside, conflict } }: StatusView): Reason[] {
  const kept = Object.entries(aside).map(
    ([reason, x]): Reason => ({ key: 'why_aside', fill: { x, reason: reason.replaceAll('_', ' ') } }),
  );
  return conflict === 0 ? kept : [...kept, { key: 'why_conflict', fill: { x: conflict } }];
}

function whyOfSink(name: string, { sinks }: StatusView): Reason[] {
  const sink = sinks.find((each) => each.name === name);
  const [refused] = sink?.refused ?? [];
  const expired = sink?.readings.expired ?? 0;
  return [
    ...[...new Set([sink?.problem, sink?.changes?.problem])].flatMap((text) =>
      text === undefined ? [] : [{ text }],
    ),
    ...(refused === undefined ? [] : [{ text: refused.reason }]),
    ...(expired === 0 ? [] : [{ key: 'why_expired', fill: { x: expired } } as const]),
  ];
}
