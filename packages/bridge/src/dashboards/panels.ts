// Panels, each from its queries. Where it stands is decided by the page (layout.ts).

import type { Unit } from '@wattline/protocols';
import type { Band } from './bands.ts';
import type {
  LineOptions,
  LineStyle,
  Panel,
  Reduce,
  Target,
  Thresholds,
  TimelineOptions,
  TimelineStyle,
  ValueMapping,
} from './grafana.ts';
import { datasource, refIdOf } from './query.ts';

/** Grafana's names of the units. */
const units: { readonly [unit in Unit]: string } = {
  V: 'volt',
  A: 'amp',
  W: 'watt',
  VA: 'voltamp',
  var: 'voltampreact',
  Wh: 'watth',
  Ah: 'suffix: Ah',
  '%': 'percent',
  '°C': 'celsius',
  Hz: 'hertz',
  s: 's',
  Ω: 'ohm',
  'W/m²': 'suffix: W/m²',
  dBm: 'dBm',
  rpm: 'rotrpm',
};

export interface Drawn {
  readonly title: string;
  readonly targets: readonly Target[];
  readonly description?: string;
  readonly unit?: Unit | undefined;
}

/** Two and a half readings: one that is late is no gap, one that is missing is. */
const gapsJoined = 2.5;

const tooltip: LineOptions['tooltip'] = { mode: 'multi', sort: 'desc' };
const noLegend = { showLegend: false, displayMode: 'list', placement: 'bottom', calcs: [] } as const;
const lastValue: Reduce = { calcs: ['lastNotNull'], values: false };

const base = ({ title, targets, description }: Drawn) => ({
  title,
  targets,
  datasource,
  ...(description === undefined ? {} : { description }),
});

export interface Joining {
  readonly bands: readonly Band[];
  /** The longest usual time between two readings. */
  readonly intervalSeconds: number;
}

/** Lines end where readings are missing: by the window of the tier, or the interval of the devices if that is longer. */
export function lines(drawn: Drawn & { readonly hasLegend?: boolean }, joining: Joining): Panel {
  const { unit, targets, hasLegend = true } = drawn;
  const custom: LineStyle = {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: 0,
    showPoints: 'auto',
    pointSize: 4,
    spanNulls: false,
  };
  const legend: LineOptions['legend'] = { ...noLegend, showLegend: hasLegend };
  const options: LineOptions = { legend, tooltip };
  return {
    type: 'timeseries',
    ...base(drawn),
    options,
    fieldConfig: {
      defaults: {
        custom,
        color: { mode: 'palette-classic-by-name' },
        ...(unit === undefined ? {} : { unit: units[unit] }),
      },
      overrides: joiningOverrides(targets, joining),
    },
  };
}

function joiningOverrides(targets: readonly Target[], { bands, intervalSeconds }: Joining) {
  return targets.map((_, index) => {
    const every = bands[index % bands.length]?.source.every ?? 0;
    const value = Math.round(gapsJoined * 1_000 * Math.max(every, intervalSeconds));
    return {
      matcher: { id: 'byFrameRefID', options: refIdOf(index) },
      properties: [{ id: 'custom.spanNulls', value }],
    };
  });
}

/** The newest values, large; what is not current is not shown. */
export function values(
  drawn: Drawn & { readonly thresholds?: Thresholds; readonly mappings?: readonly ValueMapping[] },
): Panel {
  const { unit, thresholds, mappings = [] } = drawn;
  return {
    type: 'stat',
    ...base(drawn),
    options: {
      reduceOptions: { ...lastValue, fields: '/.*/' },
      graphMode: 'none',
      colorMode: thresholds === undefined ? 'none' : 'value',
      justifyMode: 'auto',
      textMode: 'value_and_name',
      orientation: 'auto',
      wideLayout: true,
    },
    fieldConfig: {
      defaults: {
        noValue: 'no current value',
        mappings,
        ...(unit === undefined ? {} : { unit: units[unit] }),
        ...(thresholds === undefined ? {} : { thresholds, color: { mode: 'thresholds' } }),
      },
      overrides: [],
    },
  };
}

/** Bars of what counters grew by, day by day: of the last month, whatever is chosen, because in hours there is no day. */
export function bars(drawn: Drawn): Panel {
  const custom: LineStyle = { drawStyle: 'bars', fillOpacity: 60, lineWidth: 0, barAlignment: 1 };
  const options: LineOptions = { legend: { ...noLegend, showLegend: true }, tooltip };
  const { unit } = drawn;
  return {
    type: 'timeseries',
    ...base(drawn),
    timeFrom: '30d',
    options,
    fieldConfig: {
      defaults: {
        custom,
        min: 0,
        color: { mode: 'palette-classic-by-name' },
        ...(unit === undefined ? {} : { unit: units[unit] }),
      },
      overrides: [],
    },
  };
}

/** Words over time. Two queries that answer for parts of one range are joined in one row. */
export function timeline(
  drawn: Drawn & { readonly mappings?: readonly ValueMapping[] },
  joining: Joining,
): Panel {
  const custom: TimelineStyle = { fillOpacity: 70, lineWidth: 0 };
  const options: TimelineOptions = {
    showValue: 'auto',
    rowHeight: 0.8,
    mergeValues: true,
    alignValue: 'left',
    legend: { ...noLegend },
    tooltip: { mode: 'single', sort: 'none' },
  };
  return {
    type: 'state-timeline',
    ...base(drawn),
    options,
    fieldConfig: {
      defaults: { custom, mappings: drawn.mappings ?? [], color: { mode: 'palette-classic-by-name' } },
      overrides: joiningOverrides(drawn.targets, joining),
    },
  };
}

/** Words with their colours. */
export const words = (found: {
  readonly [word: string]: { readonly text: string; readonly color: string };
}): readonly ValueMapping[] => [
  {
    type: 'value',
    options: Object.fromEntries(
      Object.entries(found).map(([word, { text, color }], index) => [word, { text, color, index }]),
    ),
  },
];

/** Nothing set is good, whatever it is that could be. */
export const alarmWords = words({
  '': { text: 'none', color: 'green' },
  none: { text: 'none', color: 'green' },
});

export const stateWords = words({
  fresh: { text: 'fresh', color: 'green' },
  sleeping: { text: 'sleeping', color: 'blue' },
  late: { text: 'late', color: 'orange' },
  lost: { text: 'lost', color: 'red' },
});
