// Every reading accounted for: a row a hop, and the difference where a sum does not close.

import { accountsOf, unexplained } from '../../../src/web/accounts.ts';
import type { StatusView } from '../../../src/web/api.ts';
import { Icon } from '../icon.tsx';
import { useWords } from '../page-context.ts';
import { whole } from '../words/words.ts';
import { type Reason, type Row, rowsOf } from './rows.ts';
import { Count, Table } from './table.tsx';

const columns = [
  { label: 'hop' },
  { label: 'ledger_in' },
  { label: 'delivered' },
  { label: 'waiting_l' },
  { label: 'rejected' },
  { label: 'why', kind: 'why' },
] as const;

export function LedgerCard({ status }: { readonly status: StatusView }) {
  const { say } = useWords();
  const rows = rowsOf(status);
  return (
    <section class="card ledger wide" aria-labelledby="ledger">
      <header>
        <h2 id="ledger">{say('every_reading')}</h2>
        <Verdict status={status} />
      </header>
      <Sum status={status} />
      <Table columns={columns} label={say('every_reading')}>
        {rows.map((row) => (
          <LedgerRow key={`${row.hop} ${row.title.fill['x']}`} row={row} />
        ))}
      </Table>
    </section>
  );
}

function Verdict({ status }: { readonly status: StatusView }) {
  const { say, number } = useWords();
  const open = accountsOf(status).filter(unexplained).length;
  const missing = status.accounts.agents.reduce((sum, each) => sum + each.missing, 0);
  const text =
    open > 0
      ? say('sums_open', number(open, whole))
      : missing > 0
        ? say('readings_missing', number(missing, whole))
        : say('nothing_missing');
  const bad = open + missing > 0;
  return (
    <span class={`verdict push${bad ? ' bad' : ''}`} role="status">
      <Icon name={bad ? 'warning' : 'check'} />
      {text}
    </span>
  );
}

/** The sum of the log, in large: what came is stored, or it is said what else it was. */
function Sum({ status }: { readonly status: StatusView }) {
  const { say, number } = useWords();
  const { received, stored, duplicate, state, conflict, aside } = status.accounts;
  const rejected = conflict + Object.values(aside).reduce((sum, count) => sum + count, 0);
  const parts = [
    ['=', stored, 'sum_stored'],
    ['+', duplicate, 'sum_repeats'],
    ['+', state, 'sum_states'],
    ['+', rejected, 'sum_rejected'],
  ] as const;
  return (
    <p class="sum">
      <span>
        <b>{number(received, whole)}</b>
        {say('sum_received')}
      </span>
      {parts.map(([sign, count, key]) => (
        <span key={key}>
          <span class="op">{sign}</span>
          <b>{number(count, whole)}</b>
          {say(key)}
        </span>
      ))}
    </p>
  );
}

function LedgerRow({ row }: { readonly row: Row }) {
  const { say, number } = useWords();
  const { title, into, beside, delivered, waiting, rejected, open, why, hop } = row;
  return (
    <tr data-hop={hop} {...(open === 0 ? {} : { 'data-open': open })}>
      <th scope="row">{say(title.key, title.fill)}</th>
      <Count label="ledger_in" value={into}>
        {beside > 0 ? (
          <small>{say(hop === 'sink' ? 'and_before' : 'and_beside', number(beside, whole))}</small>
        ) : null}
      </Count>
      <Count label="delivered" value={delivered} />
      <Count label="waiting_l" value={waiting} mark="w" />
      <Count label="rejected" value={rejected} mark="x" />
      <td class="why" data-l={say('why')}>
        {open === 0 ? null : <b class="x">{say('sum_open', number(open, whole))} </b>}
        {why.map((reason, index) => (
          <span key={index}>
            {index > 0 ? ' · ' : ''}
            <Why reason={reason} />
          </span>
        ))}
      </td>
    </tr>
  );
}

function Why({ reason }: { readonly reason: Reason }) {
  const { say } = useWords();
  return <>{'text' in reason ? reason.text : say(reason.key, reason.fill)}</>;
}
