// The frame of one field's history: name, unit, keys, what is under the cursor or now, and what to say when there is nothing.

import type { ComponentChildren } from 'preact';
import type { DeviceView, SeriesView } from '../../../src/web/api.ts';
import { useSight } from '../device/contract.tsx';
import { isOlderThanDevice, shownValue, verbOfField } from '../device/sight.ts';
import { labelOf } from '../format/subject.ts';
import { inline } from '../format/value.ts';
import { usePage, useTimes, useWords } from '../page-context.ts';
import { Ticking } from '../ticking.tsx';

interface PanelProps {
  readonly device: DeviceView;
  readonly field: string;
  readonly unit?: string | undefined;
  readonly keys?: ComponentChildren;
  /** What stands under the cursor; without it the value now. */
  readonly reading?: string | undefined;
  readonly children: ComponentChildren;
}

export function Panel({ device, field, unit, keys, reading, children }: PanelProps) {
  return (
    <div class="panel" data-field={field}>
      <header>
        <h3>{labelOf(field)}</h3>
        {unit === undefined ? null : <span class="dim">{unit}</span>}
        {keys}
        <span class="push num reading">{reading ?? <Now device={device} field={field} />}</span>
      </header>
      {children}
    </div>
  );
}

/** "Now" only while it is: a value of a device that is silent or asleep is said with its time. */
function Now({ device, field }: { readonly device: DeviceView; readonly field: string }) {
  const words = useWords();
  const { clock } = usePage();
  const times = useTimes();
  const sight = useSight(device);
  const view = device.values[field];
  if (view === undefined) return null;
  const verb = verbOfField(device, field);
  const shown = inline(shownValue(words, device, field));
  const value = verb === undefined ? shown : `${shown} ${words.say(verb)}`;
  const isNow = sight === 'fresh' && !isOlderThanDevice(device, view);
  if (isNow) return <>{words.say('now_x', value)}</>;
  return <Ticking text={() => words.say('at_x', { time: times.moment(view.time, clock.now()), value })} />;
}

interface StandInProps {
  readonly failed: boolean;
  readonly view: SeriesView | undefined;
  readonly again: () => void;
  readonly tall?: boolean;
}

/** In place of a chart that cannot be drawn: still loading, failed, or nothing stored. */
export function StandIn({ failed, view, again, tall = false }: StandInProps) {
  const { say } = useWords();
  const times = useTimes();
  const size = tall ? 'chart tall standin' : 'chart standin';
  if (failed && view === undefined) {
    return (
      <div class={size} role="alert">
        <p>{say('failed')}</p>
        <button type="button" class="btn" onClick={again}>
          {say('try_again')}
        </button>
      </div>
    );
  }
  if (view === undefined) return <div class={size}>{say('loading')}</div>;
  const { first, to } = view;
  const isBefore = first !== undefined && first > to;
  return (
    <div class={size}>{isBefore ? say('nothing_before', times.date(first)) : say('nothing_stored')}</div>
  );
}
