// The databases: whether they take what they should, and how far they are behind.

import type { StatusView } from '../../../src/web/api.ts';
import { Icon } from '../icon.tsx';
import { useWords } from '../page-context.ts';
import { Count, Table, Words } from './table.tsx';

const columns = [
  { label: 'sink' as const },
  { label: 'state' as const, kind: 'l' as const },
  { label: 'lag' as const },
  { label: 'waiting_l' as const },
  { label: 'rejected' as const },
];

export function SinksCard({ status: { sinks, now } }: { readonly status: StatusView }) {
  const { say } = useWords();
  return (
    <section class="card" aria-labelledby="sinks">
      <header>
        <h2 id="sinks">{say('sinks')}</h2>
      </header>
      {sinks.length === 0 ? (
        <p class="muted s">{say('no_sinks')}</p>
      ) : (
        <Table columns={columns} label={say('sinks')}>
          {sinks.map((sink) => (
            <SinkRow key={sink.name} sink={sink} now={now} />
          ))}
        </Table>
      )}
    </section>
  );
}

function SinkRow({
  sink: { name, type, state, readings },
  now,
}: {
  readonly sink: StatusView['sinks'][number];
  readonly now: number;
}) {
  const { say, age } = useWords();
  const waits = state === 'waiting';
  const { pending, oldest, refused, expired } = readings;
  return (
    <tr>
      <th scope="row">
        {name}
        <small>{type}</small>
      </th>
      <Words label="state">
        <span class="inl" data-state={waits ? 'late' : 'fresh'}>
          <Icon name={waits ? 'late' : 'fresh'} />
          {say(waits ? 'sink_waiting' : 'sink_writing')}
        </span>
      </Words>
      <td data-l={say('lag')}>
        {age(pending === 0 || oldest === undefined ? 0 : Math.max(0, (now - oldest) / 1000))}
      </td>
      <Count label="waiting_l" value={pending} mark="w" />
      <Count label="rejected" value={refused + expired} mark="x" />
    </tr>
  );
}
