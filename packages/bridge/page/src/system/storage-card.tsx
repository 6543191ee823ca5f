// The broker in front, and what the store holds behind.

import type { StatusView } from '../../../src/web/api.ts';
import { Icon } from '../icon.tsx';
import { useTimes, useWords } from '../page-context.ts';
import { whole } from '../words/words.ts';
import { Table } from './table.tsx';

export function BrokerCard({ status: { broker, now } }: { readonly status: StatusView }) {
  const { say, number } = useWords();
  const times = useTimes();
  const { kind, address, connected, since, clients, problem } = broker;
  return (
    <section class="card" aria-labelledby="broker">
      <header>
        <h2 id="broker">{say('broker')}</h2>
        <span class="push xs dim">{say(kind === 'embedded' ? 'broker_embedded' : 'broker_external')}</span>
      </header>
      <dl class="list-of">
        <dt>{say('state')}</dt>
        <dd>
          <span class="inl" data-state={connected ? 'fresh' : 'lost'}>
            <Icon name={connected ? 'fresh' : 'lost'} />
            {say(connected ? 'broker_up' : 'broker_down')}
          </span>
        </dd>
        <dt>{say('address')}</dt>
        <dd class="mono">{address}</dd>
        {since === undefined ? null : (
          <>
            <dt>{say('since_l')}</dt>
            <dd>{times.moment(since, now)}</dd>
          </>
        )}
        {clients === undefined ? null : (
          <>
            <dt>{say('clients')}</dt>
            <dd>{number(clients, whole)}</dd>
          </>
        )}
        {problem === undefined ? null : (
          <>
            <dt>{say('why')}</dt>
            <dd>{problem}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

const columns = [{ label: 'tier_l' as const }, { label: 'kept_for' as const }];

export function StorageCard({ status: { storage, accounts } }: { readonly status: StatusView }) {
  const { say, number, span } = useWords();
  return (
    <section class="card" aria-labelledby="storage">
      <header>
        <h2 id="storage">{say('storage')}</h2>
        <span class="push xs dim">
          {say('storage_size', { x: size(storage.bytes, number), max: size(storage.bytes_max, number) })}
        </span>
      </header>
      <p class="muted s">
        {say('held', { x: number(accounts.held, whole), gone: number(accounts.expired, whole) })}
      </p>
      <Table columns={columns} label={say('storage')}>
        {storage.tiers.map(({ tier, every, keep }) => (
          <tr key={tier}>
            <th scope="row">{every === 0 ? say('raw_readings') : span(every)}</th>
            <td data-l={say('kept_for')}>{keep === null ? say('for_ever') : span(keep)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

function size(bytes: number, number: ReturnType<typeof useWords>['number']): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${number(bytes / 1000 ** power, { least: 0, most: 1 })}\u00a0${units[power]}`;
}
