// The last 24 hours of the value that leads, without axes; it breaks off where the device fell silent.

import type { DeviceView, SeriesPoint } from '../../../src/web/api.ts';
import { type Ask, useSeries } from '../live/use-series.ts';
import { flowOf, hueOfField } from './sight.ts';

const dayMs = 24 * 3600_000;
const width = 100;
const height = 34;
const margin = 4;

const sparkOf = (device: DeviceView, field: string): Ask => ({
  device: device.id,
  field,
  window: 'spark',
  from: (now) => now - dayMs,
  to: (now) => now,
  points: 72,
  renewMs: 10 * 60_000,
});

export function Spark({ device }: { readonly device: DeviceView }) {
  const field = sparkField(device);
  const [view] = useSeries(field === undefined ? [] : [sparkOf(device, field)]).views;
  if (field === undefined || view === undefined) return <div class="spark" />;
  const sign = flowOf(device, field)?.sign ?? 1;
  const gapMs = 2 * 1000 * Math.max(view.every, device.interval ?? 0, 60);
  const drawn = sparkPaths(view.points, { from: view.from, to: view.to, sign, gapMs });
  if (drawn === undefined) return <div class="spark" />;
  return (
    <div class={`spark ${hueOfField(device, field)}`}>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="ar" d={drawn.area} />
        <path class="ln" d={drawn.line} />
      </svg>
      <svg class="end" aria-hidden="true">
        <circle class="enddot" cx={`${drawn.end.x}%`} cy={`${(drawn.end.y / height) * 100}%`} r="4" />
      </svg>
    </div>
  );
}

/** The most telling measured value that the device knows now. */
function sparkField({ lead, values }: DeviceView): string | undefined {
  const measured = lead.filter((name) => values[name]?.kind === 'gauge');
  return measured.find((name) => values[name]?.value !== null) ?? measured[0];
}

interface Frame {
  readonly from: number;
  readonly to: number;
  readonly sign: 1 | -1;
  readonly gapMs: number;
}

/** Exported for its law: a silence longer than `gapMs` lifts the pen. */
export function sparkPaths(points: readonly SeriesPoint[], { from, to, sign, gapMs }: Frame) {
  const known = points.flatMap(({ time, mean }) =>
    typeof mean === 'number' ? [{ time, value: mean * sign }] : [],
  );
  if (known.length < 2) return undefined;
  const values = known.map(({ value }) => value);
  const lowest = Math.min(...values);
  const reach = Math.max(...values) - lowest || 1;
  const x = (time: number) => ((time - from) / (to - from)) * (width - margin);
  const y = (value: number) => height - margin - ((value - lowest) / reach) * (height - 2 * margin);
  let line = '';
  let area = '';
  let last: { time: number; x: number; y: number } | undefined;
  let startX = 0;
  const ground = () => (last ? `L${last.x.toFixed(1)} ${height}L${startX.toFixed(1)} ${height}Z` : '');
  for (const { time, value } of known) {
    const at = { time, x: x(time), y: y(value) };
    const spot = `${at.x.toFixed(1)} ${at.y.toFixed(1)}`;
    if (last === undefined || time - last.time > gapMs) {
      area += `${ground()}M${spot}`;
      line += `M${spot}`;
      startX = at.x;
    } else {
      line += `L${spot}`;
      area += `L${spot}`;
    }
    last = at;
  }
  return last && { line, area: area + ground(), end: last };
}
