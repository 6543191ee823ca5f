// The last 24 hours in half hours: full, some readings missing, none.

import { useMemo } from 'preact/hooks';
import type { DeviceView, SeriesView } from '../../../src/web/api.ts';
import { silenceMsOf } from '../chart/gaps.ts';
import { askRange } from '../history/range.ts';
import { useSeries } from '../live/use-series.ts';
import { useTimes, useWords } from '../page-context.ts';

export type Beat = 'full' | 'part' | 'none' | 'before';

const beats = 48;
const beatMs = 30 * 60_000;
/** Of the readings that were due; fewer are some missing. */
const fullShare = 0.9;

export function Heartbeat({ device }: { readonly device: DeviceView }) {
  const { say } = useWords();
  const { zone } = useTimes();
  const fields = device.lead.filter((name) => device.values[name]?.kind !== 'counter');
  const { views } = useSeries(fields.map((field) => askRange({ device: device.id, field }, '24h', zone)));
  const states = useMemo(() => beatsOf(views, device.interval), [device.interval, ...views]);
  if (states.length === 0) return null;
  const count = (beat: Beat) => states.filter((each) => each === beat).length;
  const label = say('heartbeat_picture', { full: count('full'), part: count('part'), none: count('none') });
  return (
    <div class="beat">
      <div class="k">{say('heartbeat')}</div>
      <div class="bars" role="img" aria-label={label}>
        {states.map((beat, index) => (
          <i key={`${index}`} class={beat} />
        ))}
      </div>
    </div>
  );
}

/** Of several series, because one value can be unknown for hours while the device speaks. */
export function beatsOf(
  views: readonly (SeriesView | undefined)[],
  interval: number | undefined,
): readonly Beat[] {
  const known = views.filter((view) => view !== undefined);
  const [any] = known;
  if (any === undefined) return [];
  const { to, first = 0 } = any;
  const every = Math.max(...known.map((view) => view.every));
  const paceMs = Math.max(every, interval ?? 0, 1) * 1000;
  const silenceMs = silenceMsOf(every, interval);
  const paces = new Set(known.flatMap(({ points }) => points.map(({ time }) => Math.floor(time / paceMs))));
  const times = [...paces].map((pace) => pace * paceMs).sort((a, b) => a - b);
  return Array.from({ length: beats }, (_, index): Beat => {
    const end = to - (beats - 1 - index) * beatMs;
    const begin = end - beatMs;
    if (end <= first) return 'before';
    const came = times.filter((time) => time >= begin && time < end).length;
    const due = Math.floor((end - Math.max(begin, first)) / paceMs);
    if (came >= due * fullShare - 1 && came > 0) return 'full';
    if (came > 0) return 'part';
    // A device read once an hour has nothing in every second half hour, and misses nothing.
    const before = times.findLast((time) => time < begin);
    return before !== undefined && begin - before <= silenceMs && due < 2 ? 'full' : 'none';
  });
}
