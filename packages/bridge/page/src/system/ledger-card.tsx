// Every reading accounted for: a row a hop, and the difference where a sum does not close.

import { accountsOf, missingOf, unexplained } from '../../../src/web/accounts.ts';
import type { StatusView } from '../../../src/web/status-views.ts';
import { useWords } from '../page-context.ts';
import { whole } from '../words/words.ts';
import { type Row, rowsOf } from './rows.ts';
import { Card, Cell, Table, Verdict } from './table-card.tsx';

export function LedgerCard({ status }: { readonly status: StatusView }) {
  return (
    <Card title="every_reading" class="ledger wide" aside={<Closes status={status} />}>
      <Sum status={status} />
      <Table
        label="every_reading"
        columns={['hop', 'ledger_in', 'delivered', 'waiting_l', 'rejected', 'why']}
        none="nothing_stored"
        rows={rowsOf(status).map((row) => <LedgerRow key={`${row.hop} ${row.title.fill['x']}`} row={row} />)}
      />
    </Card>
  );
}

function Closes({ status }: { readonly status: StatusView }) {
  const { say, number } = useWords();
  const open = accountsOf(status).filter(unexplained).length;
  const missing = status.accounts.agents.reduce(
    (sum, { agent, missing: notCome }) => sum + missingOf(status, agent, notCome),
    0,
  );
  const text =
    open > 0
      ? say('sums_open', number(open, whole))
      : missing > 0
        ? say('readings_missing', number(missing, whole))
        : say('nothing_missing');
  return <Verdict bad={open + missing > 0}>{text}</Verdict>;
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
      <Cell of="ledger_in" count={into}>
        {beside > 0 ? (
          <small>{say(hop === 'sink' ? 'and_before' : 'and_beside', number(beside, whole))}</small>
        ) : null}
      </Cell>
      <Cell of="delivered" count={delivered} />
      <Cell of="waiting_l" count={waiting} mark="w" />
      <Cell of="rejected" count={rejected} mark="x" />
      <Cell of="why">
        {open === 0 ? null : <b class="x">{say('sum_open', number(open, whole))} </b>}
        {why.map((reason, index) => (
          <span key={index}>
            {index > 0 ? ' · ' : ''}
            {'text' in reason ? reason.text : say(reason.key, reason.fill)}
          </span>
        ))}
      </Cell>
    </tr>
  );
}
