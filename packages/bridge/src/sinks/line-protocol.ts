// What both versions of InfluxDB are written in: points as lines, lines in requests. On the way of every reading: what
// is the same for all points of a series is written once.

import { escape as escaped } from '@influxdata/influxdb-client';
import { type Point, RefusedError } from './sink.ts';

/** One request. */
const requestBytesMax = 4 * 1_048_576;
const requestLinesMax = 5_000;
/** Clocks of the store and of this machine differ: what the store is about to drop is not sent. */
export const retentionMarginMs = 60_000;

export function linesByTier(points: readonly Point[]): ReadonlyMap<string, readonly string[]> {
  const byTier = new Map<string, string[]>();
  let tier: string | undefined;
  let lines: string[] = [];
  for (const point of points) {
    if (point.tier !== tier) {
      tier = point.tier;
      lines = byTier.get(tier) ?? [];
      byTier.set(tier, lines);
    }
    lines.push(lineOf(point));
  }
  return byTier;
}

/** The point as line protocol. @throws RefusedError when it is none. */
export function lineOf({ measurement, tags, fields, timeMs }: Point): string {
  let text = '';
  for (const given in fields) {
    const value = fields[given];
    if (value === undefined) continue;
    const { first, further } = fieldStarts(given);
    text += text === '' ? first : further;
    if (typeof value === 'number') text += floatOf(value);
    else if (typeof value === 'boolean') text += value ? 'T' : 'F';
    else text += quoted(value);
  }
  if (measurement === '' || text === '')
    throw new RefusedError('a point without a measurement or without a field');
  return `${prefixOf(measurement, tags)}${text} ${timeMs}`;
}

function floatOf(value: number): number {
  if (!Number.isFinite(value)) throw new RefusedError(`${value} is no number that InfluxDB can hold`);
  return value;
}

const quoted = (text: string): string => (/["\\]/.test(text) ? escaped.quoted(text) : `"${text}"`);

/** Line protocol cannot say a backslash before what it escapes: the line would be read as another one. */
export const nameOf = (text: string): string => text.replaceAll('\\', '_');

/** Of a measurement and its tags; those of one series are one object (point.ts). */
const prefixes = new WeakMap<Point['tags'], Map<string, string>>();

function prefixOf(measurement: string, tags: Point['tags']): string {
  let byMeasurement = prefixes.get(tags);
  if (byMeasurement === undefined) {
    byMeasurement = new Map();
    prefixes.set(tags, byMeasurement);
  }
  let prefix = byMeasurement.get(measurement);
  if (prefix === undefined) {
    const parts = Object.keys(tags)
      .sort()
      .flatMap((name) => {
        const value = tags[name];
        return value ? [`,${escaped.tag(name)}=${escaped.tag(nameOf(value))}`] : [];
      });
    prefix = escaped.measurement(nameOf(measurement)) + parts.join('');
    byMeasurement.set(measurement, prefix);
  }
  return prefix;
}

interface FieldStarts {
  /** Of a line's first field, and of any other: separator, name and equals sign. */
  readonly first: string;
  readonly further: string;
}

/** Of names that came already, because each piece that is put to a line is an object; devices that invent names do not make
 * it grow for ever. */
const startsByName = new Map<string, FieldStarts>();
const fieldNamesMax = 10_000;

function fieldStarts(given: string): FieldStarts {
  const known = startsByName.get(given);
  if (known !== undefined) return known;
  if (startsByName.size >= fieldNamesMax) startsByName.clear();
  // InfluxDB drops a field called `time` without a word when the point has others.
  const name = given === 'time' ? 'time_' : escaped.tag(nameOf(given));
  const starts = { first: ` ${name}=`, further: `,${name}=` };
  startsByName.set(given, starts);
  return starts;
}

/** Larger batches go in several requests. */
export function requestsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const requests: string[][] = [];
  let current: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = bytesMost(line) + 1;
    if (current.length >= requestLinesMax || (current.length > 0 && bytes + size > requestBytesMax)) {
      requests.push(current);
      current = [];
      bytes = 0;
    }
    current.push(line);
    bytes += size;
  }
  if (current.length > 0) requests.push(current);
  return requests;
}

/** Short lines are not counted exactly: no character takes more than three bytes for each of its units. */
const bytesMost = (line: string): number => (line.length < 1_000 ? 3 * line.length : Buffer.byteLength(line));
