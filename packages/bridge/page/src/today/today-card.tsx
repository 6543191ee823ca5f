// Today: what the sun gave, what was used, what went into the battery; supply above zero, consumption below.

import { useMemo } from 'preact/hooks';
import type { SeriesView } from '../../../src/web/api.ts';
import type { Node } from '../device/sight.ts';
import { inline, showNumber } from '../format/value.ts';
import { sameTimeInYear, startOfDay } from '../format/zone.ts';
import { type Ask, useSeries } from '../live/use-series.ts';
import { useKnown, usePage, useTimes, useWords } from '../page-context.ts';
import { ShownValue } from '../shown.tsx';
import type { Key } from '../words/words.ts';
import { DayChart } from './day-chart.tsx';
import { type Day, type DaySum, energyOf, type FlowField, flowFields, nodes, sumOnGrid } from './flows.ts';
import { Yield } from './yield.tsx';

const points = 300;
const renewMs = 5 * 60_000;

export function TodayCard() {
  const { say } = useWords();
  const day = useDay();
  if (day === undefined) return null;
  return (
    <section class="card today" aria-labelledby="h-today">
      <header>
        <h2 id="h-today">{say('today')}</h2>
        <Keys day={day} />
      </header>
      <div class="stats">
        <Yield />
        <EnergyStat node="load" title="used" day={day} />
        <EnergyStat node="battery" title="stored" day={day} />
      </div>
      <DayChart day={day} />
    </section>
  );
}

/** `undefined` when no device here reports watts. */
function useDay(): Day | undefined {
  const { clock } = usePage();
  const { zone } = useTimes();
  const start = startOfDay(clock.now(), zone);
  const before = sameTimeInYear(start, zone, -1);
  // As text, so that the list is another one only when the site is.
  const listed = useKnown(({ site, devices }) => JSON.stringify(site ? flowFields(site.watts, devices) : []));
  const fields: readonly FlowField[] = useMemo(() => JSON.parse(listed), [listed]);
  const suns = fields.filter(({ node }) => node === 'sun');
  const { views } = useSeries([
    ...fields.map((flow) => askOf(flow, start, startOfDay(start, zone, 1))),
    ...suns.map((flow) => askOf(flow, before, startOfDay(before, zone, 1))),
  ]);
  return useMemo(() => {
    if (fields.length === 0) return undefined;
    const now = clock.now();
    const end = startOfDay(start, zone, 1);
    const sums = new Map<Node, DaySum>();
    for (const node of nodes) {
      const sum = sumOnGrid(partsOf(fields, views, node), { start, end, until: now });
      if (sum) sums.set(node, sum);
    }
    const past = views.slice(fields.length);
    const pastEnd = startOfDay(before, zone, 1);
    const lastYear = sumOnGrid(partsOf(suns, past, 'sun'), { start: before, end: pastEnd, until: pastEnd });
    return { start, end, now, sums, before, lastYear };
  }, [listed, start, zone, ...views]);
}

function askOf({ device, field }: FlowField, from: number, to: number): Ask {
  return { device, field, window: `day ${from}`, from: () => from, to: () => to, points, renewMs };
}

const partsOf = (fields: readonly FlowField[], views: readonly (SeriesView | undefined)[], node: Node) =>
  fields.flatMap((flow, index) => (flow.node === node ? [{ view: views[index], flow }] : []));

function Keys({ day: { sums, lastYear } }: { readonly day: Day }) {
  const { say } = useWords();
  const isThere = (sum: DaySum | undefined) => sum?.watts.some((watts) => watts !== null && watts !== 0);
  return (
    <span class="push keys">
      {nodes
        .filter((node) => isThere(sums.get(node)))
        .map((node) => (
          <span key={node} class={`key kb ${node}`}>
            {say(node)}
          </span>
        ))}
      {isThere(lastYear) ? <span class="key kc">{say('sun_last_year')}</span> : null}
    </span>
  );
}

interface EnergyStatProps {
  readonly node: 'load' | 'battery';
  readonly title: Key;
  readonly day: Day;
}

function EnergyStat({ node, title, day: { sums, start, now } }: EnergyStatProps) {
  const words = useWords();
  const sum = sums.get(node);
  if (sum === undefined) return null;
  const { energy, whole } = energyOf(sum, -1, start, now);
  const out = energyOf(sum, 1, start, now).energy;
  const note =
    node === 'load' ? words.say('used_note') : words.say('stored_note', inline(showNumber(words, out, 'Wh')));
  const { text, ...unit } = showNumber(words, energy, 'Wh');
  return (
    <div class={`stat ${node}`}>
      <div class="k">{words.say(title)}</div>
      <div class="v">
        <ShownValue shown={{ text: whole ? text : words.say('at_least', text), ...unit }} />
      </div>
      <div class="d">{whole ? note : words.say('incomplete')}</div>
    </div>
  );
}
