// InfluxQL of the panels.

import type { DeviceKind } from '@wattline/protocols';
import { agesMeasurement } from '../sinks/ages.ts';
import { type Band, bandsOf } from './bands.ts';
import type { Target } from './grafana.ts';
import { type Place, quoted, sourcesOf } from './place.ts';

/** Dashboards and rules refer to it. */
export const datasource = { type: 'influxdb', uid: 'wattline-influx' } as const;

/** What is asked for, and from which measurements. */
export interface Question {
  readonly kinds: readonly DeviceKind[];
  /** Names, or one regular expression: they are written behind SELECT as they are. */
  readonly fields: readonly string[];
  /** Behind the kind, in the measurements of the tiers; the raw ones have none. */
  readonly suffix: 'mean' | 'min' | 'max' | 'last' | 'bit_or' | 'increase';
  readonly alias?: string;
}

const ofChoice = ['site', 'agent', 'device']
  .map((name) => `"${name}" =~ /^\${${name}:regex}$/`)
  .join(' AND ');
const bySeries = 'GROUP BY "device", "agent"';

export interface Asking {
  readonly bands: readonly Band[];
  /** One query a tier; the time range decides which of them answer. */
  targets(questions: readonly Question[]): readonly Target[];
  /** The newest values, as long as they are current. */
  newest(questions: readonly Question[]): readonly Target[];
  /** By days of the site. */
  daily(questions: readonly Question[]): readonly Target[];
  /** How devices stand, minute by minute. */
  standing(field: 'age' | 'state'): readonly Target[];
  standingNow(field: 'age' | 'state'): readonly Target[];
}

/** `currentSeconds`: an older value is not shown as one of now. */
export function askingOf(place: Place, currentSeconds: number): Asking {
  const sources = sourcesOf(place);
  const bands = bandsOf(sources);
  const [raw] = sources;
  const coarsest = sources.at(-1) ?? raw;
  if (raw === undefined || coarsest === undefined) throw new Error('a place without readings');
  const isCurrent = `time > now() - ${currentSeconds}s`;
  const select = (what: string, prefix: string, from: string, when: string): string =>
    `SELECT ${what} FROM ${prefix}.${from} WHERE ${ofChoice} AND ${when} ${bySeries}`;
  const ofAges = quoted(agesMeasurement);
  return {
    bands,
    targets: (questions) =>
      numbered(
        questions.flatMap((question) =>
          bands.map(({ source, condition }) => {
            const from = measurements(question, source.every === 0 ? '' : `_${question.suffix}`);
            const when = `$timeFilter AND ${condition}`;
            return {
              alias: aliasOf(question),
              query: select(question.fields.join(', '), source.prefix, from, when),
            };
          }),
        ),
      ),
    newest: (questions) =>
      numbered(
        questions.map((question) => {
          const what = question.fields.map(lastOf).join(', ');
          return {
            alias: aliasOf(question),
            query: select(what, raw.prefix, measurements(question, ''), isCurrent),
          };
        }),
      ),
    daily: (questions) =>
      numbered(
        questions.map((question) => {
          const from = measurements(question, `_${question.suffix}`);
          return {
            alias: aliasOf(question),
            query: select(question.fields.join(', '), coarsest.prefix, from, '$timeFilter'),
          };
        }),
      ),
    standing: (field) =>
      numbered([{ alias: '$tag_device', query: select(quoted(field), raw.prefix, ofAges, '$timeFilter') }]),
    standingNow: (field) =>
      numbered([
        {
          alias: '$tag_device',
          query: select(lastOf(quoted(field)), raw.prefix, ofAges, 'time > now() - 5m'),
        },
      ]),
  };
}

const aliasOf = ({ alias = '$tag_device $col' }: Question): string => alias;

/** A quoted field with its sign, as its newest value. */
function lastOf(field: string): string {
  const [, sign = '', name = field] = /^(-1 \* )?("[^"]+")/.exec(field) ?? [];
  return `${sign}last(${name}) AS ${name}`;
}

function measurements({ kinds }: Question, suffix: string): string {
  const [only] = kinds;
  return kinds.length === 1 && only !== undefined
    ? quoted(only + suffix)
    : `/^(${kinds.join('|')})${suffix}$/`;
}

const numbered = (queries: readonly { alias: string; query: string }[]): readonly Target[] =>
  queries.map(({ alias, query }, index) => ({
    refId: refIdOf(index),
    datasource,
    rawQuery: true,
    query,
    resultFormat: 'time_series',
    alias,
  }));

/** A, B, …, Z, AA, … */
export function refIdOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : refIdOf(Math.floor(index / 26) - 1) + letter;
}

/** With its sign in the balance of the site. */
export const signed = (field: string, sign: 1 | -1): string =>
  sign === 1 ? quoted(field) : `-1 * ${quoted(field)} AS ${quoted(field)}`;
