// History as text, line by line: CSV, JSON lines, or the line protocol that the InfluxDB sink writes. An empty line
// instead of text is a pause: the caller may do something else before it asks for the next.

import type { Value } from '@wattline/protocols';
import type { SeriesKey, StoredReading } from '../message.ts';
import { readingPoints, windowPoints } from '../sinks/point.ts';
import type { Point } from '../sinks/sink.ts';
import { describeWindow } from '../tiers/changes.ts';
import { publish, type WindowValue } from '../tiers/published.ts';
import type { SeriesState } from '../tiers/series-state.ts';
import { type Every, tierName } from '../tiers/tier.ts';
import type { History, Span } from './history.ts';

const textFormats = ['csv', 'jsonl', 'lp'] as const;

export interface TextQuestion extends Span {
  readonly series: SeriesKey;
  /** `raw` or the name of a tier. */
  readonly tier: string;
  readonly format: (typeof textFormats)[number];
}

/** Readings between two pauses. */
const pauseReadings = 100;

/**
 * Each text ends with its line break. Windows are those that begin in the span.
 * @throws Error for a tier that is not kept.
 */
export function* exportLines(
  history: History,
  everies: readonly Every[],
  question: TextQuestion,
  lineOf: (point: Point) => string,
): Generator<string> {
  const { series: key, tier, format } = question;
  if (tier === 'raw') {
    yield* exportRaw(history, question, lineOf);
    return;
  }
  const every = everies.find((each) => tierName(each) === tier);
  if (every === undefined) {
    throw new Error(`There is no tier "${tier}": raw, ${everies.map(tierName).join(', ')} are kept.`);
  }
  const series = history.series(key);
  if (series === undefined) return;
  const columns = tierColumns(series);
  if (format === 'csv') yield csvLine(['time', ...columns.map(({ title }) => title)]);
  for (const { startMs, row } of history.windows(series, every, question)) {
    const window = describeWindow(series, series.fields.values(), every, startMs, row);
    if (format === 'lp') {
      for (const point of windowPoints(window)) yield `${lineOf(point)}\n`;
      continue;
    }
    const values = Object.fromEntries(
      window.fields.map(({ name, aggregate }) => [name, publish(aggregate, series.definition, name)]),
    );
    if (format === 'jsonl') yield jsonLine(startMs, values);
    else yield csvLine([isoTime(startMs), ...columns.map(({ name, part }) => cell(values[name]?.[part]))]);
  }
}

function* exportRaw(
  history: History,
  question: TextQuestion,
  lineOf: (point: Point) => string,
): Generator<string> {
  const { series, format } = question;
  if (format !== 'csv') {
    for (const reading of history.raw(series, question))
      yield format === 'lp' ? lines(reading) : jsonLine(reading.timeMs, reading.values);
    return;
  }
  const names = yield* fieldNames(history.raw(series, question));
  yield csvLine(['time', ...names.map(columnName)]);
  for (const { timeMs, values } of history.raw(series, question)) {
    yield csvLine([isoTime(timeMs), ...names.map((name) => cell(values[name]))]);
  }

  function lines(reading: StoredReading): string {
    return readingPoints(reading)
      .map((point) => `${lineOf(point)}\n`)
      .join('');
  }
}

/** Columns must be known before the first row: readings are gone through twice. */
function* fieldNames(readings: Iterable<StoredReading>): Generator<string, readonly string[]> {
  const names = new Set<string>();
  let seen = 0;
  for (const { values } of readings) {
    for (const name in values) names.add(name);
    if (++seen % pauseReadings === 0) yield '';
  }
  return [...names];
}

interface Column {
  readonly title: string;
  readonly name: string;
  readonly part: keyof WindowValue;
}

const partsOfKind = {
  gauge: ['mean', 'min', 'max'],
  counter: ['last', 'increase'],
  state: ['last'],
  info: ['last'],
  flag: ['last'],
  flags: ['last', 'bits'],
} as const;

/** As in the measurements of a store. */
const partTitle = (part: keyof WindowValue): string => (part === 'bits' ? 'bit_or' : part);

const tierColumns = ({ fields }: SeriesState): readonly Column[] =>
  [...fields.values()].flatMap(({ name, kind }) =>
    partsOfKind[kind].map((part) => ({ title: `${name}_${partTitle(part)}`, name, part })),
  );

/** Other programs may send a field called `time`; a store gets it under the same other name. */
const columnName = (field: string): string => (field === 'time' ? 'time_' : field);

function jsonLine(time: number, values: { readonly [field: string]: unknown }): string {
  const named = Object.entries(values).map(([field, value]) => [columnName(field), value]);
  return `${JSON.stringify({ time, ...Object.fromEntries(named) })}\n`;
}

const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();

function cell(value: Value | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? value.join(',') : String(value);
}

/** RFC 4180, but for the line break. */
const csvLine = (cells: readonly string[]): string =>
  `${cells.map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',')}\n`;
