// The agents: awake, asleep or gone, and what still waits on their disks.

import type { StatusView } from '../../../src/web/api.ts';
import { Icon } from '../icon.tsx';
import { useTimes, useWords } from '../page-context.ts';
import { Count, Table, Words } from './table.tsx';

type AgentOfStatus = StatusView['agents'][number];

/** An agent stands as its devices do: shape, word and colour are the same. */
const stands = {
  online: { state: 'fresh', key: 'agent_online' },
  sleeping: { state: 'sleeping', key: 'sleeping' },
  offline: { state: 'late', key: 'agent_offline' },
} as const;

export function AgentsCard({ status: { agents, now } }: { readonly status: StatusView }) {
  const { say } = useWords();
  const columns = [
    { label: 'agent' as const },
    { label: 'state' as const, kind: 'l' as const },
    { label: 'outbox' as const },
    { label: 'next_due_l' as const },
    { label: 'heard' as const },
  ];
  return (
    <section class="card" aria-labelledby="agents">
      <header>
        <h2 id="agents">{say('agents')}</h2>
      </header>
      {agents.length === 0 ? (
        <p class="muted s">{say('no_agents')}</p>
      ) : (
        <Table columns={columns} label={say('agents')}>
          {agents.map((agent) => (
            <AgentRow key={agent.name} agent={agent} now={now} />
          ))}
        </Table>
      )}
    </section>
  );
}

function AgentRow({ agent, now }: { readonly agent: AgentOfStatus; readonly now: number }) {
  const { say, age } = useWords();
  const times = useTimes();
  const { name, state, version, devices, outbox, next_due: due, heard } = agent;
  const { state: as, key } = stands[state];
  return (
    <tr>
      <th scope="row">
        {name}
        <small>{say('agent_about', { devices: devices.length, version })}</small>
      </th>
      <Words label="state">
        <span class="inl" data-state={as}>
          <Icon name={as} />
          {say(key)}
        </span>
      </Words>
      {outbox === undefined ? (
        <td data-l={say('outbox')} class="z">
          {say('unknown')}
        </td>
      ) : (
        <Count label="outbox" value={outbox.readings} mark="w">
          {outbox.oldest === undefined ? null : (
            <small>{say('oldest', times.moment(outbox.oldest, now))}</small>
          )}
        </Count>
      )}
      <td data-l={say('next_due_l')} class={due === undefined ? 'z' : undefined}>
        {due === undefined ? say('always_on') : times.moment(due, now)}
      </td>
      <td data-l={say('heard')}>{say('ago', age((now - heard) / 1000))}</td>
    </tr>
  );
}
