// The history of a state: one lane of words.

import { useMemo } from 'preact/hooks';
import type { DeviceView, SeriesView } from '../../../src/web/api.ts';
import { type Gap, silenceMsOf } from '../chart/gaps.ts';
import { labelOf } from '../format/subject.ts';
import { sentence } from '../format/value.ts';
import { useSeries } from '../live/use-series.ts';
import { useTimes, useWords } from '../page-context.ts';
import { columnsOf, paletteOf, stretchesOf } from './lane.ts';
import { Panel, StandIn } from './panel.tsx';
import { askStates, type Range, spans } from './range.ts';

interface StatePanelProps {
  readonly device: DeviceView;
  readonly field: string;
  readonly range: Range;
  readonly gaps: readonly Gap[];
}

const daySeconds = 86_400;

export function StatePanel({ device, field, range, gaps }: StatePanelProps) {
  const { say } = useWords();
  const { zone } = useTimes();
  const { views, failed, again } = useSeries([askStates({ device: device.id, field }, range, zone)]);
  const [view] = views;
  const palette = useMemo(() => paletteOf(view?.points ?? []), [view]);
  const inShares = range !== '24h' && range !== '7d';
  const label = say('lane_picture', {
    field: labelOf(field),
    range: say(spans[range].unit, spans[range].count),
  });
  return (
    <Panel
      device={device}
      field={field}
      unit={inShares && view ? say(view.every < daySeconds ? 'share_of_day' : 'end_of_day') : undefined}
      keys={[...palette].map(([state, hue]) => (
        <span key={state} class={`key kf p${hue}`}>
          {sentence(state)}
        </span>
      ))}
    >
      {view && view.points.length > 0 ? (
        <div class="lane" role="img" aria-label={label}>
          {inShares ? (
            <Shares view={view} palette={palette} />
          ) : (
            <Stretches view={view} palette={palette} interval={device.interval} gaps={gaps} />
          )}
        </div>
      ) : (
        <StandIn failed={failed} view={view} again={again} />
      )}
    </Panel>
  );
}

interface LaneProps {
  readonly view: SeriesView;
  readonly palette: ReadonlyMap<string, number>;
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;

interface StretchesProps extends LaneProps {
  readonly interval: number | undefined;
  readonly gaps: readonly Gap[];
}

function Stretches({ view, palette, interval, gaps }: StretchesProps) {
  const stretches = useMemo(() => stretchesOf(view, silenceMsOf(view.every, interval)), [view, interval]);
  const place = (from: number, to: number) => ({
    left: percent((Math.max(from, view.from) - view.from) / (view.to - view.from)),
    width: percent((to - Math.max(from, view.from)) / (view.to - view.from)),
  });
  // Without a state the device was silent, or spoke and did not know it.
  const unknown = (from: number, to: number): string =>
    gaps.some(([begin, end]) => begin < to && end > from) ? 'gap' : '';
  return (
    <>
      {stretches.map(({ from, to, state }) => (
        <i
          key={from}
          class={state === undefined ? unknown(from, to) : `p${palette.get(state) ?? 0}`}
          style={place(from, to)}
          title={state === undefined ? '' : sentence(state)}
        >
          {state === undefined ? '' : sentence(state)}
        </i>
      ))}
    </>
  );
}

function Shares({ view, palette }: LaneProps) {
  const columns = useMemo(() => columnsOf(view), [view]);
  const wide = view.to - view.from;
  return (
    <>
      {columns.map(({ from, to, shares }) => (
        <b
          key={from}
          style={{ left: percent((from - view.from) / wide), width: percent((to - from) / wide) }}
        >
          {[...palette].map(([state, hue]) =>
            shares.has(state) ? (
              <i key={state} class={`p${hue}`} style={{ height: percent(shares.get(state) ?? 0) }} />
            ) : null,
          )}
        </b>
      ))}
    </>
  );
}
