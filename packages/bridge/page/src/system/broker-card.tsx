// The broker in front, and who is connected to it.

import type { ClientView, StatusView } from '../../../src/web/status-views.ts';
import { useTimes, useWords } from '../page-context.ts';
import { Card, Cell, Standing, Table } from './table-card.tsx';

export function BrokerCard({ status: { broker, now } }: { readonly status: StatusView }) {
  const { say } = useWords();
  const times = useTimes();
  const {
    kind,
    address,
    connected,
    since,
    problem,
    clients_seen: seen = [],
    clients_not_shown: more = 0,
  } = broker;
  return (
    <Card title="broker" aside={<span class="push xs dim">{say(`broker_${kind}`, address)}</span>}>
      <p class="row s">
        <Standing as={connected ? 'fresh' : 'lost'}>{say(connected ? 'broker_up' : 'broker_down')}</Standing>
        <span class="muted">
          {problem ?? (since === undefined ? '' : say('since', times.moment(since, now)))}
        </span>
      </p>
      <Table
        label="clients"
        columns={['client', 'since_l', 'in_today', 'out_today']}
        none={kind === 'embedded' ? 'no_clients' : 'clients_elsewhere'}
        rows={seen.map((client) => (
          <ClientRow key={`${client.user} ${client.id}`} client={client} now={now} />
        ))}
      />
      {more > 0 ? <p class="muted s">{say('more', more)}</p> : null}
    </Card>
  );
}

function ClientRow({ client, now }: { readonly client: ClientView; readonly now: number }) {
  const { say } = useWords();
  const times = useTimes();
  const { id, user = id, role, since, left } = client;
  return (
    <tr>
      <th scope="row">
        {user}
        <small>
          {user === id ? '' : `${id} · `}
          {say(`may_${role ?? 'all'}`)}
        </small>
      </th>
      <Cell of="since_l">
        {left === undefined ? (
          times.moment(since, now)
        ) : (
          <Standing as="sleeping">{say('left_at', times.moment(left, now))}</Standing>
        )}
      </Cell>
      <Cell of="in_today" count={client.in} />
      <Cell of="out_today" count={client.out} />
    </tr>
  );
}
