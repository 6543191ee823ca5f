// The agents: awake, asleep or gone, and what still waits on their disks.

import { useState } from 'preact/hooks';
import type { StatusView } from '../../../src/web/status-views.ts';
import { causeOf } from '../live/api.ts';
import { usePage, useTimes, useWords } from '../page-context.ts';
import { Card, Cell, Standing, Table } from './table-card.tsx';

type Agent = StatusView['agents'][number];

/** An agent stands as its devices do: shape, word and colour are the same. */
const stands = {
  online: { as: 'fresh', key: 'agent_online' },
  sleeping: { as: 'sleeping', key: 'sleeping' },
  offline: { as: 'late', key: 'agent_offline' },
} as const;

export function AgentsCard({ status: { agents, now } }: { readonly status: StatusView }) {
  return (
    <Card title="agents">
      <Table
        label="agents"
        columns={['agent', 'state', 'outbox', 'next_due_l', 'heard']}
        none="no_agents"
        rows={agents.map((agent) => <AgentRow key={agent.name} agent={agent} now={now} />)}
      />
      {agents.map(({ name, next_due: due }) =>
        due === undefined ? null : <StayAwake key={name} agent={name} due={due} now={now} />,
      )}
    </Card>
  );
}

function AgentRow({ agent, now }: { readonly agent: Agent; readonly now: number }) {
  const { say, age } = useWords();
  const times = useTimes();
  const { name, state, version, devices, outbox, next_due: due, heard } = agent;
  const { as, key } = stands[state];
  return (
    <tr>
      <th scope="row">
        {name}
        <small>{say('agent_about', { devices: devices.length, version })}</small>
      </th>
      <Cell of="state">
        <Standing as={as}>{say(key)}</Standing>
      </Cell>
      {outbox === undefined ? (
        <Cell of="outbox" mark="z">
          {say('unknown')}
        </Cell>
      ) : (
        <Cell of="outbox" count={outbox.readings} mark="w">
          {outbox.oldest === undefined ? null : (
            <small>{say('oldest', times.moment(outbox.oldest, now))}</small>
          )}
        </Cell>
      )}
      <Cell of="next_due_l">{due === undefined ? say('always_on') : times.moment(due, now)}</Cell>
      <Cell of="heard">{say('ago', age((now - heard) / 1000))}</Cell>
    </tr>
  );
}

const minuteMs = 60_000;
/** From the time at which it is due, for whoever wants to look at it. */
const awakeMs = 30 * minuteMs;
/** The bridge asks for no more. */
const minutesMax = 24 * 60;

interface StayAwakeProps {
  readonly agent: string;
  readonly due: number;
  readonly now: number;
}

function StayAwake({ agent, due, now }: StayAwakeProps) {
  const { api } = usePage();
  const { say } = useWords();
  const times = useTimes();
  const [became, setBecame] = useState('');
  const ask = (): void => {
    const minutes = Math.ceil((Math.max(due, now) + awakeMs - now) / minuteMs);
    api.stayAwake(agent, Math.min(minutes, minutesMax)).then(
      ({ until }) => setBecame(say('awake_until', times.moment(until, now))),
      (error: unknown) => setBecame(say(causeOf(error, { 403: 'awake_forbidden', 503: 'awake_untold' }))),
    );
  };
  return (
    <p class="row">
      <button type="button" class="btn" onClick={ask}>
        {say('stay_awake', agent)}
      </button>
      <span class="muted s" role="status">
        {became}
      </span>
    </p>
  );
}
