// The contract of a device in its facts: what was promised, what came, what is due, what still waits.

import type { ComponentChildren } from 'preact';
import type { DeviceView } from '../../../src/web/api.ts';
import { usePage, useTimes, useWords } from '../page-context.ts';
import { Age, Ticking } from '../ticking.tsx';
import type { Key } from '../words/words.ts';
import { type Sight, StateWord } from './contract.tsx';
import { Heartbeat } from './heartbeat.tsx';
import { graceOf } from './sight.ts';

export function ContractBar({ device, sight }: { readonly device: DeviceView; readonly sight: Sight }) {
  const { say, span, number } = useWords();
  const { interval, pending = 0 } = device;
  return (
    <section class="card contract" data-state={sight} aria-label={say('contract')}>
      <div class="stt">
        <StateWord sight={sight} />
      </div>
      <Fact title="expected">
        {interval === undefined ? say('not_announced') : say('every', span(interval))}
      </Fact>
      <Fact title="last_reading">
        <Age time={device.time} about={device.clock === 'unsynced'} />
      </Fact>
      <Fact title="next_due_l">
        {device.next_due === undefined ? (
          say('unknown')
        ) : (
          <Due time={device.next_due} grace={graceOf(interval ?? 0)} />
        )}
      </Fact>
      <Fact title="waiting">{number(pending, { least: 0, most: 0 })}</Fact>
      <Heartbeat device={device} />
    </section>
  );
}

function Fact({ title, children }: { readonly title: Key; readonly children: ComponentChildren }) {
  return (
    <div>
      <div class="k">{useWords().say(title)}</div>
      <div class="v">{children}</div>
    </div>
  );
}

/** Beyond this a clock time says more than a length of time. */
const nearSeconds = 120;

function Due({ time, grace }: { readonly time: number; readonly grace: number }) {
  const { clock } = usePage();
  const { say, age } = useWords();
  const times = useTimes();
  const text = (): string => {
    const left = (time - clock.now()) / 1000;
    if (left > nearSeconds) return say('due_at', times.moment(time, clock.now()));
    if (left >= 1) return say('due_in', age(left));
    return left >= -grace ? say('due_now') : say('overdue', age(-left));
  };
  return <Ticking text={text} />;
}
