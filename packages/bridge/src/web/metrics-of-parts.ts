// The metrics of agents, broker and storage: what /api/status counts of them.

import type { Registry } from 'prom-client';
import type { Agents } from '../live/agents.ts';
import { follow } from './follow.ts';
import type { BrokerView, StorageView } from './status-views.ts';

export function followAgents(register: Registry, agents: Pick<Agents, 'entries'>): void {
  const help = 'What became of all that the agent took since it started; taken is the sum of the others';
  follow(register, { name: 'agent_taken', help, labels: ['agent', 'outcome'] }, () =>
    agents
      .entries()
      .flatMap(([agent, { state }]) =>
        Object.entries(state.readings ?? {}).map(
          ([outcome, count]) => [{ agent, outcome: snakeCase(outcome) }, count] as const,
        ),
      ),
  );
  const outboxes = () =>
    agents
      .entries()
      .flatMap(([agent, { state }]) => (state.outbox === undefined ? [] : [{ agent, ...state.outbox }]));
  follow(
    register,
    { name: 'agent_outbox_readings', help: 'On the disk of the agent', labels: ['agent'] },
    () => outboxes().map(({ agent, readings }) => [{ agent }, readings]),
  );
  follow(register, { name: 'agent_outbox_bytes', help: 'On the disk of the agent', labels: ['agent'] }, () =>
    outboxes().map(({ agent, bytes }) => [{ agent }, bytes]),
  );
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export function followBroker(register: Registry, broker: () => BrokerView): void {
  const one = (value: number | undefined) => (value === undefined ? [] : ([[{}, value]] as const));
  follow(register, { name: 'broker_connected', help: '1 when messages can come' }, () =>
    one(broker().connected ? 1 : 0),
  );
  const refused = 'What the embedded broker refused since the start, by cause';
  follow(register, { name: 'broker_refused_total', help: refused, labels: ['cause'] }, () =>
    Object.entries(broker().refused ?? {}).map(([cause, count]) => [{ cause }, count]),
  );
  follow(register, { name: 'broker_clients', help: 'Connected to the embedded broker' }, () =>
    one(broker().clients),
  );
  follow(register, { name: 'broker_clients_not_shown', help: 'Beyond those that are told apart' }, () =>
    one(broker().clients_not_shown),
  );
  const today = 'Messages of a client of the embedded broker since midnight';
  follow(register, { name: 'broker_client_messages', help: today, labels: ['client', 'way'] }, () =>
    (broker().clients_seen ?? []).flatMap(({ id: client, in: into, out }) => [
      [{ client, way: 'in' }, into] as const,
      [{ client, way: 'out' }, out] as const,
    ]),
  );
}

export function followStorage(register: Registry, storage: () => StorageView): void {
  const sizes = {
    store_bytes: 'bytes',
    store_bytes_max: 'bytes_max',
    disk_free_bytes: 'bytes_free',
  } as const;
  const help = { bytes: 'Size of the store', bytes_max: 'It may grow to', bytes_free: 'Left on its disk' };
  for (const [name, key] of Object.entries(sizes)) {
    follow(register, { name, help: help[key] }, () => {
      const bytes = storage()[key];
      return bytes === undefined ? [] : [[{}, bytes]];
    });
  }
  const about = { rows: 'Readings of raw, windows of a tier', bytes: 'Size of a tier' };
  for (const key of ['rows', 'bytes'] as const) {
    follow(register, { name: `tier_${key}`, help: about[key], labels: ['tier'] }, () =>
      storage().tiers.flatMap(({ tier, [key]: count }) => (count === undefined ? [] : [[{ tier }, count]])),
    );
  }
}
