// The history of a measured value: mean, the band from lowest to highest, the year before dashed, gaps hatched.

import { useMemo, useState } from 'preact/hooks';
import type { DeviceView, SeriesView } from '../../../src/web/api.ts';
import { Chart } from '../chart/chart.tsx';
import { type Drawn, drawnSeries, type Gap, silenceMsOf } from '../chart/gaps.ts';
import type { Line, Plot } from '../chart/plot.ts';
import { flowOf, hueOfField } from '../device/sight.ts';
import { type Hue, labelOf } from '../format/subject.ts';
import { inline, scaleOf, showNumber } from '../format/value.ts';
import { useSeries } from '../live/use-series.ts';
import { useTimes, useWords } from '../page-context.ts';
import type { Words } from '../words/words.ts';
import { Panel, StandIn } from './panel.tsx';
import { askRange, askYearBefore, type Range, spans } from './range.ts';
import { PointsTable } from './table.tsx';
import { movedToThisYear } from './year-before.ts';

interface GaugePanelProps {
  readonly device: DeviceView;
  readonly field: string;
  readonly range: Range;
  readonly compare: boolean;
  readonly tall: boolean;
  /** Stretches in which the device did not speak. */
  readonly gaps: readonly Gap[];
}

interface Content {
  readonly hue: Hue;
  readonly drawn: Drawn;
  readonly before: Drawn | undefined;
  readonly plot: Plot;
}

export function GaugePanel({ device, field, range, compare, tall, gaps }: GaugePanelProps) {
  const words = useWords();
  const { zone, ...times } = useTimes();
  const of = { device: device.id, field };
  const asks = compare
    ? [askRange(of, range, zone), askYearBefore(of, range, zone)]
    : [askRange(of, range, zone)];
  const { views, failed, again } = useSeries(asks);
  const [view, viewBefore] = views;
  const [cursor, setCursor] = useState<number>();
  const sign = flowOf(device, field)?.sign;
  const { interval } = device;
  const hue = hueOfField(device, field);
  const content = useMemo(
    () => view && contentOf({ view, viewBefore, hue, sign, interval, gaps, zone, words, first: times.date }),
    [view, viewBefore, hue, sign, interval, gaps, zone, words],
  );
  const unit = view?.unit;
  const number = (value: number) => inline(showNumber(words, value, unit, sign !== undefined));
  const reading =
    cursor === undefined || !content ? undefined : readingAt(words, times, content, cursor, number);
  const label = words.say('chart_picture', {
    field: labelOf(field),
    range: words.say(spans[range].unit, spans[range].count),
  });
  return (
    <Panel
      device={device}
      field={field}
      unit={content ? scaleOf(highestOf(content.drawn), unit).unit : unit}
      keys={<Keys hue={hue} compared={content?.before !== undefined} />}
      reading={reading}
    >
      {content && content.drawn.times.length > 0 ? (
        <>
          <Chart
            plot={content.plot}
            label={label}
            class={tall ? 'tall' : ''}
            together="history"
            onCursor={setCursor}
          />
          <PointsTable label={label} drawn={content.drawn} show={number} />
        </>
      ) : (
        <StandIn failed={failed} view={view} again={again} tall={tall} />
      )}
    </Panel>
  );
}

function Keys({ hue, compared }: { readonly hue: Hue; readonly compared: boolean }) {
  const { say } = useWords();
  return (
    <>
      <span class={`key ${hue}`}>{say('mean')}</span>
      <span class={`key kb ${hue}`}>{say('lowest_highest')}</span>
      {compared ? <span class="key kc">{say('last_year')}</span> : null}
    </>
  );
}

interface Parts {
  readonly view: SeriesView;
  readonly viewBefore: SeriesView | undefined;
  readonly hue: Hue;
  readonly sign: 1 | -1 | undefined;
  readonly interval: number | undefined;
  readonly gaps: readonly Gap[];
  readonly zone: string;
  readonly words: Words;
  readonly first: (time: number) => string;
}

function contentOf({ view, viewBefore, hue, sign, interval, gaps, zone, words, first }: Parts): Content {
  const silence = silenceMsOf(view.every, interval);
  const drawn = drawnSeries(view, silence, sign ?? 1);
  const past = viewBefore && drawnSeries(movedToThisYear(viewBefore, zone), silence, sign ?? 1);
  const before = past?.means.some((mean) => mean !== null) ? past : undefined;
  const { divisor } = scaleOf(highestOf(drawn), view.unit);
  const scaled = (values: Line['values']) => values.map((value) => (value === null ? null : value / divisor));
  const line = (style: Line['style'], values: Line['values']): Line => ({
    style,
    hue,
    times: drawn.times,
    values: scaled(values),
  });
  const compared: Line[] = before
    ? [{ style: 'compare', hue: 'plain', times: before.times, values: scaled(before.means) }]
    : [];
  const begins = view.first !== undefined && view.first > view.from ? view.first : undefined;
  const plot: Plot = {
    from: view.from,
    to: view.to,
    gaps,
    axis: (value) => words.number(value, { least: 0, most: 3 }, sign !== undefined),
    fromZero: sign !== undefined || view.unit === 'W' || view.unit === '%',
    lines: [line('mean', drawn.means), line('quiet', drawn.highs), line('quiet', drawn.lows), ...compared],
    bands: [{ edge: 1, toward: 2, hue, share: 0.22 }],
    ...(begins === undefined
      ? {}
      : { note: { text: words.say('nothing_before', first(begins)), until: begins } }),
  };
  return { hue, drawn, before, plot };
}

const highestOf = ({ highs, lows }: Drawn): number =>
  Math.max(0, ...[...highs, ...lows].map((value) => Math.abs(value ?? 0)));

interface Clocks {
  readonly dayAndClock: (time: number) => string;
}

function readingAt(
  { say }: Words,
  { dayAndClock }: Clocks,
  { drawn, before }: Content,
  time: number,
  number: (value: number) => string,
): string {
  const value = meanAt(drawn, time);
  const past = before && meanAt(before, time);
  const parts = [dayAndClock(time), value === undefined ? say('no_reading') : number(value)];
  if (past !== undefined) parts.push(say('last_year_x', number(past)));
  return parts.join(' · ');
}

/** The mean of the point that stands nearest. */
function meanAt({ times, means }: Drawn, time: number): number | undefined {
  let nearest = 0;
  for (let index = 1; index < times.length; index++) {
    const [here = 0, best = 0] = [times[index], times[nearest]];
    if (Math.abs(here - time) < Math.abs(best - time)) nearest = index;
  }
  return means[nearest] ?? undefined;
}
