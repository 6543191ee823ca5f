// The contract of a device in one line: when its next reading is due, how old the last one is, and what became of it.

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { DeviceView } from '../../../src/web/api.ts';
import { Icon } from '../icon.tsx';
import { useKnown, usePage, useTick, useWords } from '../page-context.ts';
import { Age, Moment } from '../ticking.tsx';

export type Sight = DeviceView['state'] | 'cut';

/**
 * The state as the page may show it: without word from the bridge nothing is known to be as it was. What was lost before
 * stays so, with the time of its last reading.
 */
export function useSight(device: DeviceView): Sight {
  const isCut = useKnown(({ link }) => link.state === 'cut');
  return isCut && device.state !== 'lost' ? 'cut' : device.state;
}

export function StateWord({ sight }: { readonly sight: Sight }) {
  const { say } = useWords();
  const since = useKnown(({ link }) => link.since);
  return (
    <span class="st">
      <Icon name={sight} />
      {sight === 'cut' ? <Moment say="as_of" time={since} /> : <span>{say(sight)}</span>}
    </span>
  );
}

export function ContractLine({ device, sight }: { readonly device: DeviceView; readonly sight: Sight }) {
  return (
    <div class="ctr">
      <Wire device={device} />
      <div class="ctl">
        <StateWord sight={sight} />
        <span class="tx">
          <Terms device={device} sight={sight} />
        </span>
      </div>
    </div>
  );
}

function Terms({ device, sight }: { readonly device: DeviceView; readonly sight: Sight }) {
  const { say, span } = useWords();
  const { interval, next_due: nextDue, pending = 0 } = device;
  const asleep = sight === 'sleeping' && nextDue !== undefined;
  return (
    <>
      {asleep ? <Moment class="nx" say="next_due" time={nextDue} /> : null}
      {!asleep && interval !== undefined ? <span class="ev">{say('every', span(interval))}</span> : null}
      {sight === 'lost' ? (
        <Moment class="ag" say="since" time={device.time} />
      ) : (
        <Age class="ag" time={device.time} about={device.clock === 'unsynced'} />
      )}
      {sight === 'late' ? <span class="rt">{say('retrying')}</span> : null}
      {pending > 0 ? <span class="lf">{say('on_agent', pending)}</span> : null}
    </>
  );
}

/** The dot travels from the last reading to the mark of the next. */
function Wire({ device }: { readonly device: DeviceView }) {
  const { clock } = usePage();
  const element = useRef<HTMLElement>(null);
  const write = (): void => {
    const due = device.next_due ?? device.time + (device.interval ?? 0) * 1000;
    const way = due - device.time;
    const share = way > 0 ? Math.min(1, Math.max(0, (clock.now() - device.time) / way)) : 1;
    element.current?.style.setProperty('--p', (share * 100).toFixed(1));
  };
  useLayoutEffect(write);
  useTick(write);
  return (
    <div class="wire" aria-hidden="true">
      <i ref={element} />
      <u />
    </div>
  );
}
