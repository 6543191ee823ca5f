// The databases: whether they take what they should, and how far they are behind.

import type { StatusView } from '../../../src/web/status-views.ts';
import { useWords } from '../page-context.ts';
import { whole } from '../words/words.ts';
import { Card, Cell, Standing, Table } from './table-card.tsx';

export function SinksCard({ status: { sinks, now } }: { readonly status: StatusView }) {
  return (
    <Card title="sinks">
      <Table
        label="sinks"
        columns={['sink', 'state', 'lag', 'waiting_l', 'rejected']}
        none="no_sinks"
        rows={sinks.map((sink) => <SinkRow key={sink.name} sink={sink} now={now} />)}
      />
    </Card>
  );
}

interface RowProps {
  readonly sink: StatusView['sinks'][number];
  readonly now: number;
}

function SinkRow({ sink: { name, type, state, readings, changes }, now }: RowProps) {
  const { say, age, number } = useWords();
  const waits = state === 'waiting' || changes?.problem !== undefined;
  const { pending, oldest, refused, expired } = readings;
  return (
    <tr>
      <th scope="row">
        {name}
        <small>{type}</small>
      </th>
      <Cell of="state">
        <Standing as={waits ? 'late' : 'fresh'}>{say(waits ? 'sink_waiting' : 'sink_writing')}</Standing>
      </Cell>
      <Cell of="lag">
        {age(pending === 0 || oldest === undefined ? 0 : Math.max(0, (now - oldest) / 1000))}
      </Cell>
      <Cell of="waiting_l" count={pending} mark="w">
        {changes?.waiting ? <small>{say('sink_changes', number(changes.waiting, whole))}</small> : null}
      </Cell>
      <Cell of="rejected" count={refused + expired} mark="x" />
    </tr>
  );
}
