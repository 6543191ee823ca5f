// The history of a device: one range for all its charts, the tier they come from, and the year before.

import { useLayoutEffect, useMemo } from 'preact/hooks';
import type { DeviceView } from '../../../src/web/api.ts';
import { type Gap, silencesOf } from '../chart/gaps.ts';
import { tierName } from '../format/tier.ts';
import { Icon } from '../icon.tsx';
import { useSeries } from '../live/use-series.ts';
import { usePage, useTimes, useWords } from '../page-context.ts';
import { CounterPanel } from './counter-panel.tsx';
import { GaugePanel } from './gauge-panel.tsx';
import { askRange, type Range, ranges, spans } from './range.ts';
import { StatePanel } from './state-panel.tsx';

export interface Choice {
  readonly range: Range;
  readonly compare: boolean;
}

interface HistoryProps {
  readonly device: DeviceView;
  readonly fields: readonly string[];
  readonly choice: Choice;
  readonly choose: (choice: Choice) => void;
}

export function History({ device, fields, choice, choose }: HistoryProps) {
  const { say } = useWords();
  const { range, compare } = choice;
  const gaps = useSilences(device, fields, range);
  const measured = fields.find((field) => device.values[field]?.kind === 'gauge') ?? fields[0];
  useKeys(choice, choose);
  return (
    <section class="card history" aria-labelledby="h-hist">
      <h2 id="h-hist" class="sr">
        {say('history')}
      </h2>
      <div class="tools">
        <Ranges range={range} choose={(next) => choose({ ...choice, range: next })} />
        <button
          type="button"
          class="tgl"
          aria-pressed={compare && range !== '10y'}
          disabled={range === '10y'}
          onClick={() => choose({ ...choice, compare: !compare })}
        >
          <span>{say('compare')}</span>
        </button>
        <Export device={device} range={range} />
        {measured === undefined ? null : <Tier device={device} field={measured} range={range} />}
      </div>
      {fields.length === 0 ? <p class="nothing">{say('no_charts')}</p> : null}
      {fields.map((field) => (
        <FieldHistory
          key={`${device.id} ${field}`}
          device={device}
          field={field}
          range={range}
          compare={compare && range !== '10y'}
          tall={field === measured}
          gaps={gaps}
        />
      ))}
    </section>
  );
}

/** What all charts of the device share: when it did not speak. */
function useSilences(device: DeviceView, fields: readonly string[], range: Range): readonly Gap[] {
  const { zone } = useTimes();
  const all = [...new Set([...device.lead, ...fields])].filter(
    (field) => device.values[field]?.kind !== 'counter',
  );
  const { views } = useSeries(all.map((field) => askRange({ device: device.id, field }, range, zone)));
  return useMemo(() => silencesOf(views, device.interval), [device.interval, ...views]);
}

interface FieldHistoryProps {
  readonly device: DeviceView;
  readonly field: string;
  readonly range: Range;
  readonly compare: boolean;
  readonly tall: boolean;
  readonly gaps: readonly Gap[];
}

function FieldHistory(props: FieldHistoryProps) {
  const kind = props.device.values[props.field]?.kind;
  if (kind === 'gauge') return <GaugePanel {...props} />;
  if (kind === 'counter') return <CounterPanel {...props} />;
  return <StatePanel {...props} />;
}

function Ranges({ range, choose }: { readonly range: Range; readonly choose: (range: Range) => void }) {
  const { say } = useWords();
  return (
    <fieldset class="seg">
      <legend class="sr">{say('range')}</legend>
      {ranges.map((each) => (
        <button
          key={each}
          type="button"
          data-range={each}
          aria-pressed={each === range}
          onClick={() => choose(each)}
        >
          {say(spans[each].unit, spans[each].count)}
        </button>
      ))}
    </fieldset>
  );
}

function Export({ device, range }: { readonly device: DeviceView; readonly range: Range }) {
  const { say } = useWords();
  const { api, clock } = usePage();
  const { zone } = useTimes();
  const now = clock.now();
  return (
    <a
      class="btn push export"
      href={api.exportAddress(device.id, spans[range].from(now, zone), now)}
      download
    >
      <Icon name="save" />
      <span>{say('export_csv')}</span>
    </a>
  );
}

interface TierProps {
  readonly device: DeviceView;
  readonly field: string;
  readonly range: Range;
}

/** Where the charts' points come from, in the words of the answer itself. */
function Tier({ device, field, range }: TierProps) {
  const words = useWords();
  const { zone } = useTimes();
  const [view] = useSeries([askRange({ device: device.id, field }, range, zone)]).views;
  if (view === undefined) return <p class="tier" />;
  const count = words.number(view.points.length, { least: 0, most: 0 });
  const said =
    view.tier === 'raw'
      ? words.say('tier_raw', count)
      : words.say('tier', { tier: tierName(words, view.tier), n: count });
  return (
    <p class="tier">
      <span>{said}</span>
      <span class="key kg">{words.say('hatched')}</span>
    </p>
  );
}

/** `[` and `]` go through the ranges, `c` compares, unless somebody is typing. */
function useKeys(choice: Choice, choose: (choice: Choice) => void): void {
  const { keys } = usePage();
  useLayoutEffect(() => {
    const step = { '[': -1, ']': 1 };
    return keys.on((key) => {
      if (key === 'c') choose({ ...choice, compare: !choice.compare });
      if (key !== '[' && key !== ']') return;
      const next = ranges[ranges.indexOf(choice.range) + step[key]];
      if (next) choose({ ...choice, range: next });
    });
  }, [choice, choose, keys]);
}
