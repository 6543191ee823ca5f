// Whether the bridge can be relied on, in a line each.

import type { StatusView } from '../../../src/web/status-views.ts';
import { showSize } from '../format/size.ts';
import { Icon } from '../icon.tsx';
import { useWords } from '../page-context.ts';
import { type Key, type Words, whole } from '../words/words.ts';
import { Card, Verdict } from './table-card.tsx';

type Fact = readonly [name: Key, text: string, warns: boolean];

export function HealthCard({ status }: { readonly status: StatusView }) {
  const words = useWords();
  const { say } = words;
  const bad = status.not_ready.length > 0;
  return (
    <Card title="health" class="wide" aside={<Verdict bad={bad}>{say(bad ? 'not_ready' : 'ready')}</Verdict>}>
      <div class="health">
        {factsOf(status, words).map(([name, text, warns]) => (
          <div key={name} class={warns ? 'warn' : ''}>
            <Icon name={warns ? 'warning' : 'check'} />
            <b>{say(name)}</b>
            <span>{text}</span>
          </div>
        ))}
      </div>
    </Card>
  );
}

function factsOf(status: StatusView, words: Words): readonly Fact[] {
  const { not_ready: reasons, accounts, devices, broker, storage, memory_bytes: memory, pages } = status;
  const { say } = words;
  const count = (value: number): string => words.number(value, whole);
  const silent = devices.late + devices.lost;
  const { bytes, bytes_max: most, bytes_free: free } = storage;
  const schema = Object.entries(storage.schema).map((part) => part.join(' '));
  return [
    ['log', reasons.join('; ') || say('log_well', count(accounts.waiting)), reasons.length > 0],
    ['broker', broker.problem ?? say('broker_well', count(broker.clients ?? 0)), !broker.connected],
    [
      'devices',
      say('devices_count', { x: count(devices.fresh + devices.sleeping), silent: count(silent) }),
      silent > 0,
    ],
    ...(free === undefined ? [] : [diskFact(words, free, most - bytes)]),
    ['memory', showSize(words, memory), false],
    ['page', say('pages_open', count(pages.clients)), false],
    ['schema', schema.join(', '), false],
  ];
}

function diskFact(words: Words, free: number, growth: number): Fact {
  const isShort = free < growth;
  const sizes = { x: showSize(words, free), more: showSize(words, growth) };
  return ['disk', words.say(isShort ? 'disk_short' : 'disk_free', sizes), isShort];
}
