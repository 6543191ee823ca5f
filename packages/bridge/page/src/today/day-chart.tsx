// The day's picture: sun, then what the battery and the input add to it; below zero the loads, then what is stored.

import { useMemo } from 'preact/hooks';
import { Chart } from '../chart/chart.tsx';
import type { Line, Plot } from '../chart/plot.ts';
import type { Node } from '../device/sight.ts';
import { sameTimeInYear } from '../format/zone.ts';
import { useTimes, useWords } from '../page-context.ts';
import type { Words } from '../words/words.ts';
import { type Day, gapsOf, nodes, stepAt, stepMs } from './flows.ts';

export function DayChart({ day }: { readonly day: Day }) {
  const words = useWords();
  const { zone } = useTimes();
  const plot = useMemo(() => plotOf(words, zone, day), [words, zone, day]);
  return <Chart plot={plot} label={words.say('today_picture')} />;
}

const supply = (watts: number | null | undefined): number => Math.max(0, watts ?? 0);
const use = (watts: number | null | undefined): number => Math.min(0, watts ?? 0);

function plotOf(words: Words, zone: string, { start, end, now, sums, before, lastYear }: Day): Plot {
  const times = Array.from({ length: (end - start) / stepMs }, (_, step) => start + (step + 0.5) * stepMs);
  const line = (style: Line['style'], hue: Node, parts: readonly Node[], part: typeof supply): Line => ({
    style,
    hue,
    times,
    values: times.map((_, step) => {
      const known = nodes.some((node) => typeof sums.get(node)?.watts[step] === 'number');
      return known ? parts.reduce((sum, node) => sum + part(sums.get(node)?.watts[step]), 0) : null;
    }),
  });
  // A year ago at the same local time, also on the days on which the clocks change.
  const values = times.map((time) => lastYear?.watts[stepAt(sameTimeInYear(time, zone, -1), before)] ?? null);
  const compared: Line[] = lastYear ? [{ style: 'compare', hue: 'plain', times, values }] : [];
  return {
    from: start,
    to: end,
    now,
    gaps: gapsOf([...sums.values()], start),
    fromZero: true,
    axisWidth: 50,
    axis: (value) => (value === 0 ? '0\u00a0kW' : words.number(value / 1000, { least: 1, most: 1 }, true)),
    lines: [
      line('solid', 'sun', ['sun'], supply),
      line('quiet', 'battery', ['sun', 'battery'], supply),
      line('quiet', 'grid', ['sun', 'battery', 'grid'], supply),
      line('solid', 'load', ['load'], use),
      line('quiet', 'battery', ['load', 'battery'], use),
      line('quiet', 'grid', ['load', 'battery', 'grid'], use),
      ...compared,
    ],
    bands: [
      { edge: 1, toward: 0, hue: 'battery', share: 0.8 },
      { edge: 2, toward: 1, hue: 'grid', share: 0.8 },
      { edge: 4, toward: 3, hue: 'battery', share: 0.8, upward: true },
      { edge: 5, toward: 4, hue: 'grid', share: 0.8, upward: true },
    ],
  };
}
