// The dashboards: an overview, a page for each kind of device, and one for a small touch screen.

import { type DeviceKind, deviceKinds, type Unit } from '@wattline/protocols';
import { type FieldOfKind, fieldsByKind, flowsAt, kindsWith } from './fields.ts';
import type { Dashboard } from './grafana.ts';
import { dashboard, type Placed, placed, variablesOf } from './layout.ts';
import { alarmWords, bars, type Joining, lines, stateWords, timeline, values } from './panels.ts';
import { type Place, quoted } from './place.ts';
import { type Asking, askingOf, type Question, signed } from './query.ts';

export interface PagesOptions {
  readonly place: Place;
  /** The longest usual time between two readings of a device. */
  readonly intervalSeconds: number;
}

interface Page {
  readonly place: Place;
  readonly asking: Asking;
  readonly joining: Joining;
}

/** A value is current for three intervals, and five minutes at least. */
const currentSecondsMin = 300;

export function pagesOf({ place, intervalSeconds }: PagesOptions): readonly Dashboard[] {
  const asking = askingOf(place, Math.max(currentSecondsMin, 3 * intervalSeconds));
  const page = { place, asking, joining: { bands: asking.bands, intervalSeconds } };
  const kinds = [...fieldsByKind()].filter(([kind, fields]) => kind !== 'other' && fields.length > 0);
  return [overview(page), ...kinds.map(([kind, fields]) => ofKind(page, kind, fields)), kiosk(page)];
}

const nodes = [
  ['sun', 'Sun'],
  ['battery', 'Battery'],
  ['grid', 'Grid'],
  ['load', 'Load'],
] as const;

const signNote = 'Seen from the site: what supplies it is positive, what uses it negative.';

const flowQuestions = (node: string): readonly Question[] =>
  flowsAt(node).map(({ field, sign, kinds }) => ({ kinds, fields: [signed(field, sign)], suffix: 'mean' }));

const question = (
  fields: readonly string[],
  suffix: Question['suffix'],
  kinds = kindsWith(fields[0] ?? ''),
): Question => ({ kinds, fields: fields.map(quoted), suffix });

type Node = (typeof nodes)[number];

const dayYield = (): Question => {
  const kinds = (Object.keys(deviceKinds) as DeviceKind[]).filter(
    (kind) => 'solarEnergyToday' in deviceKinds[kind],
  );
  return { ...question(['pv_energy_today'], 'increase', kinds), alias: '$tag_device' };
};

const chargeSteps = {
  mode: 'absolute',
  steps: [
    { value: null, color: 'red' },
    { value: 20, color: 'orange' },
    { value: 40, color: 'green' },
  ],
} as const;

function overview({ place, asking, joining }: Page): Dashboard {
  const charge = { ...question(['state_of_charge'], 'mean'), alias: '$tag_device' };
  const chargeNow = { title: 'State of charge', unit: '%', targets: asking.newest([charge]) } as const;
  const alarms = { title: 'Alarms', targets: asking.targets(alarmQuestions), mappings: alarmWords };
  return dashboard(
    { uid: 'wattline-overview', title: 'Wattline', tags: [], from: 'now-24h' },
    variablesOf(place),
    [
      placed(8, 5, values({ ...chargeNow, thresholds: chargeSteps })),
      ...nodes.slice(0, 2).map((node) => placed(8, 5, powerNow(asking, node))),
      ...nodes.map((node) => placed(12, 8, power(asking, joining, node))),
      placed(12, 8, lines({ ...chargeNow, targets: asking.targets([charge]) }, joining)),
      placed(12, 8, bars({ title: 'Solar yield by day', unit: 'Wh', targets: asking.daily([dayYield()]) })),
      placed(24, 7, timeline(alarms, joining)),
      ...standing({ asking, joining }),
    ],
  );
}

const powerNow = (asking: Asking, [node, title]: Node) =>
  values({ title, unit: 'W', targets: asking.newest(flowQuestions(node)), description: signNote });

const power = (asking: Asking, joining: Joining, [node, title]: Node) =>
  lines({ title, unit: 'W', targets: asking.targets(flowQuestions(node)), description: signNote }, joining);

const standing = ({ asking, joining }: Pick<Page, 'asking' | 'joining'>): readonly Placed[] => {
  // Ages are written every minute, whatever the interval of the devices.
  const everyMinute = { bands: joining.bands.slice(0, 1), intervalSeconds: 60 };
  const states = { title: 'Devices', targets: asking.standing('state'), mappings: stateWords };
  const ages = { title: 'Age of the last reading', unit: 's', targets: asking.standingNow('age') } as const;
  return [placed(12, 8, timeline(states, everyMinute)), placed(12, 8, values(ages))];
};

/** Flags that report trouble, of all devices. */
const alarmQuestions: readonly Question[] = [
  ...new Set(
    [...fieldsByKind().values()]
      .flat()
      .filter(({ kind, problem }) => kind === 'flags' && problem)
      .map(({ name }) => name),
  ),
].map((field) => question([field], 'bit_or'));

function ofKind(
  { place, asking, joining }: Page,
  kind: DeviceKind,
  fields: readonly FieldOfKind[],
): Dashboard {
  const { label, lead } = deviceKinds[kind];
  const only = [kind];
  const led = lead.flatMap((name) => fields.find((field) => field.name === name) ?? []);
  const ask = (names: readonly string[], suffix: Question['suffix']) =>
    names.map((name) => question([name], suffix, only));
  const counters = fields.filter((field) => field.kind === 'counter').map(({ name }) => name);
  const troubles = fields.filter(({ problem }) => problem);
  const states = fields.filter((field) => field.kind === 'state' && !field.problem).map(({ name }) => name);
  const words = [
    ['Alarms', troubleQuestions(troubles, only), alarmWords],
    ['States', ask(states, 'last'), []],
  ] as const;
  return dashboard(
    { uid: `wattline-${kind.replaceAll('_', '-')}`, title: label, tags: ['device'], from: 'now-24h' },
    variablesOf(place, kind),
    [
      ...led.map(({ name, unit }) =>
        placed(4, 4, values({ title: titleOf(name), unit, targets: asking.newest(ask([name], 'last')) })),
      ),
      ...nodes.flatMap((node) => {
        const flows = flowQuestions(node[0]).filter(({ kinds }) => kinds.includes(kind));
        const targets = asking.targets(flows.map((flow) => ({ ...flow, kinds: only })));
        const title = `${node[1]}, as the site sees it`;
        return flows.length === 0
          ? []
          : [placed(12, 8, lines({ title, unit: 'W', targets, description: signNote }, joining))];
      }),
      ...gaugeGroups(fields).map(({ title, unit, select }) => {
        const targets = asking.targets([{ kinds: only, fields: select, suffix: 'mean' }]);
        return placed(12, 8, lines({ title, unit, targets }, joining));
      }),
      ...(counters.length === 0
        ? []
        : [
            placed(
              12,
              8,
              bars({
                title: 'Counted by day',
                targets: asking.daily([question(counters, 'increase', only)]),
              }),
            ),
          ]),
      ...words.flatMap(([title, questions, mappings]) =>
        questions.length === 0
          ? []
          : [placed(24, 6, timeline({ title, targets: asking.targets(questions), mappings }, joining))],
      ),
      ...standing({ asking, joining }),
    ],
  );
}

function troubleQuestions(
  troubles: readonly FieldOfKind[],
  kinds: readonly DeviceKind[],
): readonly Question[] {
  return troubles.map(({ name, kind }) => question([name], kind === 'flags' ? 'bit_or' : 'last', kinds));
}

const titleOf = (field: string): string => {
  const text = field.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

interface GaugeGroup {
  readonly title: string;
  readonly unit: Unit | undefined;
  readonly select: readonly string[];
}

/** One panel a unit; fields that are numbered, as cells are, have one of their own. */
function gaugeGroups(fields: readonly FieldOfKind[]): readonly GaugeGroup[] {
  const groups = new Map<string, { title: string; unit: Unit | undefined; select: string[] }>();
  for (const { name, kind, unit } of fields) {
    if (kind !== 'gauge') continue;
    const family = /^(.+)_\d+$/.exec(name)?.[1];
    const key = family ?? `unit ${unit}`;
    const title = family === undefined ? (unit ?? 'Numbers') : titleOf(family);
    const group = groups.get(key) ?? { title, unit, select: [] };
    if (family === undefined) group.select.push(quoted(name));
    else group.select = [`/^${family}_[0-9]+$/`];
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** 800 × 480: four numbers and one chart, nothing to choose. */
function kiosk({ place, asking, joining }: Page): Dashboard {
  const charge = { ...question(['state_of_charge'], 'mean'), alias: '$tag_device' };
  const now = { title: 'State of charge', unit: '%', targets: asking.newest([charge]) } as const;
  const all = nodes.flatMap(([node]) => flowQuestions(node));
  const chart = { title: 'Power', unit: 'W', targets: asking.targets(all), hasLegend: false } as const;
  return dashboard(
    { uid: 'wattline-kiosk', title: 'Wattline 800 × 480', tags: ['kiosk'], from: 'now-24h', isBare: true },
    variablesOf(place),
    [
      placed(6, 4, values({ ...now, thresholds: chargeSteps })),
      ...(['sun', 'battery', 'load'] as const).map((word) =>
        placed(6, 4, powerNow(asking, nodes.find(([node]) => node === word) ?? nodes[0])),
      ),
      placed(24, 7, lines(chart, joining)),
    ],
  );
}
