// What the store holds, how much that is, and how far each tier has filled.

import type { StatusView, TierView } from '../../../src/web/status-views.ts';
import { showSize } from '../format/size.ts';
import { tierName } from '../format/tier.ts';
import { useTimes, useWords } from '../page-context.ts';
import { whole } from '../words/words.ts';
import { Card, Cell, Table } from './table-card.tsx';

export function StorageCard({ status: { storage, accounts, now } }: { readonly status: StatusView }) {
  const words = useWords();
  const { say, number } = words;
  const { bytes, bytes_max: most, bytes_free: free, tiers } = storage;
  const size = { x: showSize(words, bytes), max: showSize(words, most) };
  return (
    <Card
      title="storage"
      aside={
        <span class="push xs dim">
          {say('storage_size', size)}
          {free === undefined ? '' : ` · ${say('disk_free', showSize(words, free))}`}
        </span>
      }
    >
      <p class="muted s">
        {say('held', { x: number(accounts.held, whole), gone: number(accounts.expired, whole) })}
      </p>
      <Table
        label="storage"
        columns={['tier_l', 'kept_for', 'holds', 'size']}
        none="nothing_stored"
        rows={tiers.map((tier) => <TierRow key={tier.tier} tier={tier} now={now} />)}
      />
    </Card>
  );
}

/** What is missing of a full tier in so small a part is the window that goes on. */
const fullShare = 0.97;

function TierRow({ tier, now }: { readonly tier: TierView; readonly now: number }) {
  const words = useWords();
  const { say, span } = words;
  const times = useTimes();
  const { tier: name, every, keep, bytes, oldest, from, filling } = tier;
  const held = oldest === undefined ? undefined : (now - oldest) / 1000;
  const share = keep === null || held === undefined ? 0 : Math.min(1, held / keep);
  const isFilling = share > 0 && share < fullShare && bytes !== undefined;
  return (
    <tr>
      <th scope="row">
        {every === 0 ? say('raw_readings') : tierName(words, name)}
        {share === 0 ? null : (
          <div class="bar">
            <i style={{ width: `${share * 100}%` }} />
          </div>
        )}
      </th>
      <Cell of="kept_for">{keep === null ? say('for_ever') : span(keep)}</Cell>
      <Cell of="holds">
        {held === undefined ? '–' : span(Math.floor(held))}
        {from === undefined ? null : (
          <small>{say(filling ? 'tier_filling' : 'tier_whole', times.moment(from, now))}</small>
        )}
      </Cell>
      <Cell of="size">
        {bytes === undefined ? '–' : showSize(words, bytes)}
        {isFilling ? <small>{say('full_at', showSize(words, bytes / share))}</small> : null}
      </Cell>
    </tr>
  );
}
