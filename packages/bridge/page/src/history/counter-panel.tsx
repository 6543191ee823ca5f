// What a counter grew by, day by day; over years by months, so that each bar is a whole one.

import { useMemo, useState } from 'preact/hooks';
import type { DeviceView } from '../../../src/web/api.ts';
import { Chart } from '../chart/chart.tsx';
import type { Line, Plot } from '../chart/plot.ts';
import { hueOfField } from '../device/sight.ts';
import { type Hue, labelOf } from '../format/subject.ts';
import { inline, scaleOf, showNumber } from '../format/value.ts';
import { useSeries } from '../live/use-series.ts';
import { useTimes, useWords } from '../page-context.ts';
import type { Words } from '../words/words.ts';
import { type Bars, barsOf, highestBar } from './bars.ts';
import { Panel, StandIn } from './panel.tsx';
import { askDays, type Range, spans } from './range.ts';
import { movedToThisYear } from './year-before.ts';

interface CounterPanelProps {
  readonly device: DeviceView;
  readonly field: string;
  readonly range: Range;
  readonly compare: boolean;
}

export function CounterPanel({ device, field, range, compare }: CounterPanelProps) {
  const words = useWords();
  const { zone, ...times } = useTimes();
  const of = { device: device.id, field };
  const asks = [askDays(of, range, zone, 0), ...(compare ? [askDays(of, range, zone, 1)] : [])];
  const { views, failed, again } = useSeries(asks);
  const [view, viewBefore] = views;
  const [cursor, setCursor] = useState<number>();
  const hue = hueOfField(device, field);
  const byMonth = spans[range].unit === 'y';
  const bars = useMemo(() => view && barsOf(view, zone, byMonth), [view, zone, byMonth]);
  const before = useMemo(
    () => viewBefore && known(barsOf(movedToThisYear(viewBefore, zone), zone, byMonth)),
    [viewBefore, zone, byMonth],
  );
  const { divisor, unit } = scaleOf(bars ? highestBar(bars) : 0, view?.unit);
  const plot = useMemo(
    () => bars && plotOf(words, bars, before, hue, divisor),
    [words, bars, before, hue, divisor],
  );
  const span = words.say(byMonth ? 'per_month' : 'per_day');
  const number = (value: number) => inline(showNumber(words, value, view?.unit));
  const reading = (time: number): string => {
    const value = bars && valueAt(bars, time);
    const past = before && valueAt(before, time);
    const when = byMonth ? `${times.month(time)} ${times.year(time)}` : times.day(time);
    const parts = [when, value === undefined ? words.say('no_reading') : number(value)];
    if (past !== undefined) parts.push(words.say('last_year_x', number(past)));
    return parts.join(' · ');
  };
  return (
    <Panel
      device={device}
      field={field}
      unit={unit === undefined ? span : `${unit} · ${span}`}
      keys={before ? <span class="key kc">{words.say('last_year')}</span> : null}
      reading={cursor === undefined ? undefined : reading(cursor)}
    >
      {plot && bars && known(bars) ? (
        <Chart
          plot={plot}
          label={words.say('bars_picture', { field: labelOf(field), span })}
          onCursor={setCursor}
        />
      ) : (
        <StandIn failed={failed} view={view} again={again} />
      )}
    </Panel>
  );
}

const known = (bars: Bars): Bars | undefined =>
  bars.values.some((value) => value !== null) ? bars : undefined;

const valueAt = ({ times, values }: Bars, time: number): number | undefined =>
  values[times.indexOf(time)] ?? undefined;

function plotOf(words: Words, bars: Bars, before: Bars | undefined, hue: Hue, divisor: number): Plot {
  const line = (style: Line['style'], of: Bars): Line => ({
    style,
    hue,
    times: of.times,
    values: of.values.map((value) => (value === null ? null : value / divisor)),
  });
  return {
    from: bars.from,
    to: bars.to,
    fromZero: true,
    axis: (value) => words.number(value, { least: 0, most: 1 }),
    lines: before ? [line('bars', bars), line('compare', before)] : [line('bars', bars)],
  };
}
