// Alert rules that stay calm on sparse data: what is judged by time is judged by the bridge, which knows each device's
// schedule; windows are longer than the longest pause of a sleeping site; and what has begun ends with a delay.

import type * as alerting from '@grafana/grafana-foundation-sdk/alerting';
import { agesMeasurement } from '../sinks/ages.ts';
import { fieldsByKind, kindsWith } from './fields.ts';
import { type Place, quoted, sourcesOf } from './place.ts';
import { datasource } from './query.ts';

interface RuleOptions {
  readonly place: Place;
  readonly intervalSeconds: number;
}

interface Wanted {
  readonly uid: string;
  readonly title: string;
  readonly summary: string;
  readonly query: string;
  /** What is looked back over. */
  readonly seconds: number;
  readonly evaluator: Evaluator;
  /** Ends the alert; absent: when the condition does. */
  readonly until?: Evaluator;
  readonly for: string;
  readonly keepFiring: string;
  /** Whether it is the absence of data that is wrong. */
  readonly noData: 'OK' | 'Alerting';
}

interface Evaluator {
  readonly type: 'gt' | 'lt';
  readonly params: readonly number[];
}

/** In the names of a provisioning file, which are not those of the interface over HTTP. */
type Rule = Pick<alerting.Rule, 'title' | 'condition' | 'for' | 'execErrState' | 'noDataState'> & {
  readonly uid: string;
  readonly keepFiringFor: string;
  readonly annotations: { readonly summary: string };
  readonly labels: { readonly source: string };
  readonly data: readonly Step[];
};

type Step = Pick<alerting.Query, 'datasourceUid' | 'refId' | 'relativeTimeRange'> & {
  readonly model: object;
};

/** A provisioning file reads `$$` as `$`, and a `$` alone as a name of the environment; not so in annotations. */
const timeFilter = '$$timeFilter';
const pauseSecondsMin = 900;
const lowCharge = { below: 20, until: 25 };

export function rulesOf({ place, intervalSeconds }: RuleOptions) {
  const raw = sourcesOf(place)[0]?.prefix;
  // Three readings, so that one that is late ends nothing.
  const seconds = Math.max(pauseSecondsMin, 3 * intervalSeconds);
  const ages = `${raw}.${quoted(agesMeasurement)}`;
  const byDevice = 'GROUP BY "device", "agent"';
  const alarms = alarmFields().map(({ field, kinds }) => ({
    ...{
      uid: `wattline-${field.replaceAll('_', '-')}`,
      title: `Device reports ${field.replaceAll('_', ' ')}`,
    },
    summary: `{{ $labels.device }} reports ${field.replaceAll('_', ' ')}.`,
    query: `SELECT count(${quoted(field)}) FROM ${raw}./^(${kinds.join('|')})$/ WHERE ${quoted(field)} != '' AND ${quoted(field)} != 'none' AND ${timeFilter} ${byDevice}`,
    ...{ seconds, evaluator: above(0), for: '0s', keepFiring: `${seconds}s`, noData: 'OK' as const },
  }));
  const wanted: readonly Wanted[] = [
    {
      ...{ uid: 'wattline-lost', title: 'Device lost' },
      summary: '{{ $labels.device }} has not been heard for longer than its schedule explains.',
      query: `SELECT count("age") FROM ${ages} WHERE "state" = 'lost' AND ${timeFilter} ${byDevice}`,
      ...{ seconds: 600, evaluator: above(5), until: below(1), for: '0s', keepFiring: '10m', noData: 'OK' },
    },
    {
      ...{ uid: 'wattline-silent', title: 'No bridge writes' },
      summary:
        'No bridge has written for a quarter of an hour: neither readings nor their absence are known.',
      query: `SELECT count("age") FROM ${ages} WHERE ${timeFilter}`,
      ...{ seconds: 900, evaluator: below(1), for: '5m', keepFiring: '5m', noData: 'Alerting' },
    },
    {
      ...{ uid: 'wattline-charge', title: 'Battery low' },
      summary: `{{ $labels.device }} is below ${lowCharge.below} %.`,
      query: `SELECT last("state_of_charge") FROM ${raw}./^(${kindsWith('state_of_charge').join('|')})$/ WHERE ${timeFilter} ${byDevice}`,
      ...{ seconds, evaluator: below(lowCharge.below), until: above(lowCharge.until) },
      ...{ for: '10m', keepFiring: `${seconds}s`, noData: 'OK' },
    },
    ...alarms,
  ];
  return {
    apiVersion: 1,
    groups: [{ orgId: 1, name: 'wattline', folder: 'Wattline', interval: '1m', rules: wanted.map(ruleOf) }],
  };
}

const above = (limit: number): Evaluator => ({ type: 'gt', params: [limit] });
const below = (limit: number): Evaluator => ({ type: 'lt', params: [limit] });

/** Flags that report trouble, and which kinds have them. */
const alarmFields = () => {
  const names = [...fieldsByKind().values()]
    .flat()
    .filter(({ kind, problem }) => kind === 'flags' && problem)
    .map(({ name }) => name);
  return [...new Set(names)].map((field) => ({ field, kinds: kindsWith(field) }));
};

function ruleOf({
  uid,
  title,
  summary,
  query,
  seconds,
  evaluator,
  until,
  keepFiring,
  noData,
  ...rest
}: Wanted): Rule {
  const expression = (refId: string, model: object): Step => ({
    refId,
    datasourceUid: '__expr__',
    model: { refId, ...model },
  });
  return {
    uid,
    title,
    condition: 'C',
    for: rest.for,
    keepFiringFor: keepFiring,
    noDataState: noData,
    // A store that does not answer has said nothing of the devices.
    execErrState: 'KeepLast',
    annotations: { summary },
    labels: { source: 'wattline' },
    data: [
      {
        refId: 'A',
        datasourceUid: datasource.uid,
        relativeTimeRange: { from: seconds, to: 0 },
        model: { refId: 'A', datasource, rawQuery: true, query, resultFormat: 'time_series' },
      },
      expression('B', { type: 'reduce', expression: 'A', reducer: 'last' }),
      expression('C', {
        type: 'threshold',
        expression: 'B',
        conditions: [{ evaluator, ...(until === undefined ? {} : { unloadEvaluator: until }) }],
      }),
    ],
  };
}
