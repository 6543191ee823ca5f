// Whether the bridge can be relied on, in a line each.

import type { StatusView } from '../../../src/web/api.ts';
import { Icon } from '../icon.tsx';
import { useWords } from '../page-context.ts';
import { whole } from '../words/words.ts';

interface Fact {
  readonly name: string;
  readonly text: string;
  readonly warns: boolean;
}

export function HealthCard({ status }: { readonly status: StatusView }) {
  const { say } = useWords();
  const ready = status.not_ready.length === 0;
  return (
    <section class="card wide" aria-labelledby="health">
      <header>
        <h2 id="health">{say('health')}</h2>
        <span class={`push verdict${ready ? '' : ' bad'}`}>
          <Icon name={ready ? 'check' : 'warning'} />
          {say(ready ? 'ready' : 'not_ready')}
        </span>
      </header>
      <div class="health">
        {useFacts(status).map(({ name, text, warns }) => (
          <div key={name} class={warns ? 'warn' : ''}>
            <Icon name={warns ? 'warning' : 'check'} />
            <b>{name}</b>
            <span>{text}</span>
          </div>
        ))}
      </div>
    </section>
  );
}

function useFacts({ not_ready, accounts, devices, broker }: StatusView): readonly Fact[] {
  const { say, number } = useWords();
  const count = (value: number): string => number(value, whole);
  const silent = devices.late + devices.lost;
  return [
    {
      name: say('log'),
      text: not_ready.length === 0 ? say('log_well', count(accounts.waiting)) : not_ready.join('; '),
      warns: not_ready.length > 0,
    },
    {
      name: say('broker'),
      text: broker.problem ?? say('broker_well', count(broker.clients ?? 0)),
      warns: !broker.connected,
    },
    {
      name: say('devices'),
      text: say('devices_count', { x: count(devices.fresh + devices.sleeping), silent: count(silent) }),
      warns: silent > 0,
    },
  ];
}
