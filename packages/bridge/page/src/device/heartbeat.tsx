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
  const field = device.lead.find((name) => device.values[name]?.kind === 'gauge');
  const asks = field === undefined ? [] : [askRange({ device: device.id, field }, '24h', zone)];
  const [view] = useSeries(asks).views;
  const states = useMemo(() => (view ? beatsOf(view, device.interval) : []), [view, device.interval]);
  if (field === undefined) return null;
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

export function beatsOf({ points, every, to, first = 0 }: SeriesView, interval: number | undefined): Beat[] {
  const paceMs = Math.max(every, interval ?? 0, 1) * 1000;
  const silenceMs = silenceMsOf(every, interval);
  const times = points.flatMap(({ time, mean }) => (typeof mean === 'number' ? [time] : []));
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
