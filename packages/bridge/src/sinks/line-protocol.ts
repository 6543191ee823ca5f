// What both versions of InfluxDB are written in: points as lines, lines in requests.

import { Point as InfluxPoint } from '@influxdata/influxdb-client';
import { type Point, RefusedError } from './sink.ts';

/** One request. Above 50 MB the client of version 2 would send by itself and swallow the failure. */
const requestBytesMax = 4 * 1_048_576;
const requestLinesMax = 5_000;
/** Clocks of the store and of this machine differ: what the store is about to drop is not sent. */
export const retentionMarginMs = 60_000;

export function linesByTier(points: readonly Point[]): ReadonlyMap<string, readonly string[]> {
  const byTier = new Map<string, string[]>();
  for (const point of points) {
    const line = lineOf(point);
    const lines = byTier.get(point.tier);
    if (lines === undefined) byTier.set(point.tier, [line]);
    else lines.push(line);
  }
  return byTier;
}

/** The point as line protocol. @throws RefusedError when it is none. */
export function lineOf({ measurement, tags, fields, timeMs }: Point): string {
  const point = new InfluxPoint(nameOf(measurement)).timestamp(timeMs);
  for (const [name, value] of Object.entries(tags)) if (value !== '') point.tag(name, nameOf(value));
  for (const [given, value] of Object.entries(fields)) {
    const name = fieldName(given);
    if (typeof value === 'number') point.floatField(name, value);
    else if (typeof value === 'boolean') point.booleanField(name, value);
    else point.stringField(name, value);
  }
  const line = point.toLineProtocol();
  if (line === undefined) throw new RefusedError('a point without a measurement or without a field');
  return line;
}

/** Line protocol cannot say a backslash before what it escapes: the line would be read as another one. */
const nameOf = (text: string): string => text.replaceAll('\\', '_');

/** InfluxDB drops a field called `time` without a word when the point has others. */
const fieldName = (name: string): string => (name === 'time' ? 'time_' : nameOf(name));

/** Larger batches go in several requests. */
export function requestsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const requests: string[][] = [];
  let current: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(line) + 1;
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
