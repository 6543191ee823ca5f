// From what a chart shows to uPlot's options: colours by hue, axes in the site's time, gaps hatched, the way ahead dashed.

import uPlot from 'uplot';
import type { Hue } from '../format/subject.ts';
import type { Times } from '../format/times.ts';
import { type Colours, faded } from './colours.ts';

export interface Line {
  /** `quiet` draws nothing: the edge of a band. */
  readonly style: 'mean' | 'area' | 'solid' | 'compare' | 'quiet' | 'bars';
  readonly hue: Hue;
  /** Times in ms, rising; `null` lifts the pen. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

export interface Plot {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly Line[];
  /** Areas between two lines, by their place in `lines`. */
  readonly bands?: readonly {
    readonly edge: number;
    readonly toward: number;
    readonly hue: Hue;
    /** How much of the hue. */
    readonly share: number;
    /** `toward` lies above `edge`. */
    readonly upward?: boolean;
  }[];
  /** Times without readings. */
  readonly gaps?: readonly (readonly [number, number])[];
  readonly now?: number;
  /** Drawn around the point where the first line ends. */
  readonly endDot?: boolean;
  readonly lowest?: number;
  readonly highest?: number;
  /** The scale begins at zero unless a value is below. */
  readonly fromZero?: boolean;
  /** A sentence in the empty part before `until`. */
  readonly note?: { readonly text: string; readonly until: number };
  readonly axis: (value: number) => string;
  readonly axisSteps?: readonly number[];
  readonly axisWidth?: number;
}

export interface Place {
  readonly width: number;
  readonly height: number;
}

const daySeconds = 86_400;
/** Room for +1,500: charts under each other begin at one line; the lanes between them know it too. */
const widthMin = 58;

export function plotData({ lines }: Plot): uPlot.AlignedData {
  const tables = lines.map(
    ({ times, values }): uPlot.AlignedData => [times.map((time) => time / 1000), [...values]],
  );
  if (tables.length === 0) return [[]];
  return uPlot.join(tables);
}

export function plotOptions(plot: Plot, place: Place, colours: Colours, times: Times): uPlot.Options {
  return {
    ...place,
    // The plotting area keeps its right edge clear of the last label.
    padding: [8, 20, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), times.zone),
    legend: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: [plot.from / 1000, plot.to / 1000] },
      y: { range: (_, low, high) => rangeOf(plot, low, high) },
    },
    series: [{}, ...plot.lines.map((line) => seriesOf(line, colours))],
    bands: (plot.bands ?? []).map(({ edge, toward, hue, share, upward = false }) => ({
      series: [edge + 1, toward + 1],
      dir: upward ? 1 : -1,
      fill: faded(colours.fill(hue), share),
    })),
    axes: axesOf(plot, colours, times),
    hooks: {
      drawClear: [(chart) => hatch(chart, plot.gaps ?? [], colours)],
      draw: [(chart) => overlay(chart, plot, colours)],
    },
  };
}

function rangeOf(plot: Plot, low: number | null, high: number | null): [number, number] {
  const { lowest, highest, fromZero = false } = plot;
  let min = lowest ?? low ?? 0;
  let max = highest ?? high ?? 1;
  if (fromZero && min > 0) min = 0;
  if (fromZero && max < 0) max = 0;
  const reach = max - min || Math.abs(max) * 0.1 || 1;
  if (lowest === undefined && min !== 0) min -= reach * 0.08;
  if (highest === undefined && max !== 0) max += reach * 0.08;
  return min < max ? [min, max] : [min, min + 1];
}

function seriesOf({ style, hue }: Line, colours: Colours): uPlot.Series {
  const line = colours.line(hue);
  const points = { show: false };
  switch (style) {
    case 'quiet':
      return { width: 0, points };
    case 'compare':
      return { stroke: colours.second, width: 1.4, dash: [2, 4], cap: 'round', points };
    case 'area':
      return { stroke: line, width: 1.8, fill: faded(colours.fill(hue), 0.26), points };
    case 'solid':
      return { width: 0, fill: faded(colours.fill(hue), 0.8), points };
    case 'bars': {
      const paths = uPlot.paths.bars?.({ size: [0.62, 48, 1.5], radius: 0.1 });
      return { width: 0, fill: colours.fill(hue), points, ...(paths ? { paths } : {}) };
    }
    default:
      return { stroke: line, width: 1.8, points };
  }
}

function axesOf(plot: Plot, colours: Colours, times: Times): uPlot.Axis[] {
  const common = { stroke: colours.third, font: colours.font, ticks: { show: false } };
  const { axis, axisSteps, axisWidth = widthMin } = plot;
  return [
    {
      ...common,
      size: 22,
      gap: 4,
      space: 56,
      grid: { show: false },
      values: (_, splits, __, ___, step) => splits.map((seconds) => timeLabel(seconds, step, times)),
    },
    {
      ...common,
      size: (_, values) => axisSize(values, axisWidth),
      gap: 8,
      space: 30,
      grid: { stroke: colours.axis, width: 1 },
      values: (_, splits) => splits.map(axis),
      ...(axisSteps === undefined ? {} : { splits: [...axisSteps] }),
    },
  ];
}

/** Wide enough for its longest label; `values` is missing while the axis is first measured. */
const axisSize = (values: readonly string[] | null, least: number): number =>
  Math.max(least, ...(values ?? []).map((text) => text.length * 7.2 + 14));

function timeLabel(seconds: number, step: number, times: Times): string {
  const time = seconds * 1000;
  if (step < daySeconds) {
    const clock = times.clock(time);
    return clock === '00:00' && step > 6 * 3600 ? times.day(time) : clock;
  }
  if (step < 28 * daySeconds) return times.day(time);
  return step < 360 * daySeconds ? times.month(time) : times.year(time);
}

/** Fills the stretches without readings, under the lines. */
function hatch(chart: uPlot, gaps: readonly (readonly [number, number])[], colours: Colours): void {
  if (gaps.length === 0) return;
  const { ctx, bbox } = chart;
  const pattern = hatching(ctx, colours.third);
  if (!pattern) return;
  ctx.save();
  ctx.fillStyle = pattern;
  for (const [from, to] of gaps) {
    const left = Math.max(bbox.left, chart.valToPos(from / 1000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, chart.valToPos(to / 1000, 'x', true));
    if (right > left) ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
  }
  ctx.restore();
}

function hatching(ctx: CanvasRenderingContext2D, colour: string): CanvasPattern | null {
  const size = Math.round(6 * devicePixelRatio);
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  if (!pen) return null;
  pen.strokeStyle = faded(colour, 0.6);
  pen.lineWidth = devicePixelRatio;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, 'repeat');
}

/** What lies over the lines: zero, now, the end of the line, a sentence where nothing can be drawn. */
function overlay(chart: uPlot, plot: Plot, colours: Colours): void {
  const { ctx, bbox } = chart;
  const y = (value: number) => Math.round(chart.valToPos(value, 'y', true));
  const { min = 0, max = 0 } = chart.scales['y'] ?? {};
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  const rule = (colour: string, dash: readonly number[], x1: number, y1: number, x2: number, y2: number) => {
    ctx.strokeStyle = colour;
    ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2, y2);
    ctx.stroke();
  };
  if (min <= 0 && max >= 0) rule(colours.axisZero, [], bbox.left, y(0), bbox.left + bbox.width, y(0));
  if (plot.now !== undefined) {
    const x = Math.round(chart.valToPos(plot.now / 1000, 'x', true));
    rule(colours.ink, [1, 3], x, bbox.top, x, bbox.top + bbox.height);
  }
  if (plot.endDot === true) dot(chart, plot, colours);
  if (plot.note !== undefined) {
    ctx.fillStyle = colours.second;
    ctx.font = colours.font.replace(/^\d+px/, `${12 * devicePixelRatio}px`);
    ctx.textAlign = 'center';
    const end = Math.min(bbox.left + bbox.width, chart.valToPos(plot.note.until / 1000, 'x', true));
    const middle = (bbox.left + end) / 2;
    const half = ctx.measureText(plot.note.text).width / 2;
    // Too narrow for the sentence: it begins at the edge and runs on.
    ctx.fillText(plot.note.text, Math.max(middle, bbox.left + half + 6), bbox.top + bbox.height / 2);
  }
  ctx.restore();
}

function dot(chart: uPlot, { lines: [line] }: Plot, colours: Colours): void {
  const last = line?.values.findLastIndex((value) => value !== null) ?? -1;
  const time = line?.times[last];
  const value = line?.values[last];
  if (line === undefined || time === undefined || typeof value !== 'number') return;
  const { ctx } = chart;
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.arc(
    chart.valToPos(time / 1000, 'x', true),
    chart.valToPos(value, 'y', true),
    4.5 * devicePixelRatio,
    0,
    2 * Math.PI,
  );
  ctx.fillStyle = colours.line(line.hue);
  ctx.strokeStyle = colours.surface;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.fill();
  ctx.stroke();
}
