// A window of a series as one blob: u8 version (1), then per field, ids ascending: id − previous id, and by kind
//   gauge    count · 8 + zeros | min | max − min | sum
//   counter  zeros | first time | first | last time − first time | last − first | growth
//   state, info  last time | text        flag  last time · 2 + value
//   flags    last time | names of the last: n, texts | further names of the union: n, texts
// Times are ms since the start of the window. `zeros` (0 to 6) common decimal zeros are taken off the numbers of a
// field; 7 says: none, and the sum comes with its high part first.

import type { FieldKind } from '@wattline/protocols';
import type { Aggregate, Counter, Flags, Gauge } from './aggregate.ts';
import { type ByteReader, type ByteWriter, createByteReader, createByteWriter } from './bytes.ts';
import { powersOfTen, zerosOf } from './zeros.ts';

const version = 1;
const wide = 7;

/** Aggregates by field id; a hole where the window has none. */
export type Row = (Aggregate | undefined)[];

const writer = createByteWriter();

export function encodeRow(row: Row, startMs: number): Uint8Array {
  writer.number(version);
  let previous = -1;
  for (let id = 0; id < row.length; id++) {
    const aggregate = row[id];
    if (aggregate === undefined) continue;
    writer.number(id - previous);
    previous = id;
    write(writer, aggregate, startMs);
  }
  return writer.take();
}

/**
 * @param kinds Kinds by field id.
 * @param only The one field to read; the others stay holes.
 */
export function decodeRow(
  bytes: Uint8Array,
  startMs: number,
  kinds: readonly FieldKind[],
  only?: number,
): Row {
  const reader = createByteReader(bytes);
  const found = reader.number();
  if (found !== version)
    throw new Error(`a window of version ${version} was expected, version ${found} came`);
  const row: Row = [];
  for (let id = -1; !reader.isAtEnd(); ) {
    id += reader.number();
    const kind = kinds[id];
    if (kind === undefined) throw new Error(`a window has a field ${id} that its series does not have`);
    if (only === undefined || id === only) row[id] = read(reader, kind, startMs);
    else skip(reader, kind);
    if (id === only) break;
  }
  return row;
}

function write(to: ByteWriter, aggregate: Aggregate, startMs: number): void {
  switch (aggregate.kind) {
    case 'gauge':
      writeGauge(to, aggregate);
      break;
    case 'counter':
      writeCounter(to, aggregate, startMs);
      break;
    case 'state':
    case 'info':
      to.number(aggregate.lastMs - startMs);
      to.text(aggregate.last);
      break;
    case 'flag':
      to.number((aggregate.lastMs - startMs) * 2 + Number(aggregate.last));
      break;
    case 'flags':
      writeFlags(to, aggregate, startMs);
  }
}

function read(from: ByteReader, kind: FieldKind, startMs: number): Aggregate {
  switch (kind) {
    case 'gauge':
      return readGauge(from);
    case 'counter':
      return readCounter(from, startMs);
    case 'state':
    case 'info':
      return { kind, lastMs: startMs + from.number(), last: from.text() };
    case 'flag': {
      const packed = from.number();
      return { kind, lastMs: startMs + Math.floor(packed / 2), last: packed % 2 === 1 };
    }
    case 'flags':
      return readFlags(from, startMs);
  }
}

function skip(from: ByteReader, kind: FieldKind): void {
  switch (kind) {
    case 'gauge':
      from.skip(from.number() % 8 === wide ? 4 : 3);
      break;
    case 'counter':
      from.skip(from.number() === wide ? 6 : 5);
      break;
    case 'state':
    case 'info':
      from.skip(1);
      from.skipText();
      break;
    case 'flag':
      from.skip(1);
      break;
    case 'flags':
      from.skip(1);
      for (let lists = 2; lists > 0; lists--) {
        for (let names = from.number(); names > 0; names--) from.skipText();
      }
  }
}

function writeGauge(to: ByteWriter, { count, min, max, high, low }: Gauge): void {
  const zeros = high === 0 ? zerosOf([min, max, low]) : wide;
  const divisor = powersOfTen[zeros] ?? 1;
  to.number(count * 8 + zeros);
  to.signed(min / divisor);
  to.number((max - min) / divisor);
  if (zeros === wide) to.signed(high);
  to.signed(low / divisor);
}

function readGauge(from: ByteReader): Gauge {
  const packed = from.number();
  const zeros = packed % 8;
  const factor = powersOfTen[zeros] ?? 1;
  const min = from.signed() * factor;
  const max = min + from.number() * factor;
  const high = zeros === wide ? from.signed() : 0;
  return { kind: 'gauge', count: Math.floor(packed / 8), high, low: from.signed() * factor, min, max };
}

function writeCounter(to: ByteWriter, counter: Counter, startMs: number): void {
  const { firstMs, first, lastMs, last, high, low } = counter;
  const zeros = high === 0 ? zerosOf([first, last, low]) : wide;
  const divisor = powersOfTen[zeros] ?? 1;
  to.number(zeros);
  to.number(firstMs - startMs);
  to.number(first / divisor);
  to.number(lastMs - firstMs);
  to.signed((last - first) / divisor);
  if (zeros === wide) to.signed(high);
  to.signed(low / divisor);
}

function readCounter(from: ByteReader, startMs: number): Counter {
  const zeros = from.number();
  const factor = powersOfTen[zeros] ?? 1;
  const firstMs = startMs + from.number();
  const first = from.number() * factor;
  const lastMs = firstMs + from.number();
  const last = first + from.signed() * factor;
  const high = zeros === wide ? from.signed() : 0;
  return { kind: 'counter', firstMs, first, lastMs, last, high, low: from.signed() * factor };
}

function writeFlags(to: ByteWriter, { lastMs, last, union }: Flags, startMs: number): void {
  to.number(lastMs - startMs);
  writeNames(to, last);
  writeNames(
    to,
    union.filter((name) => !last.includes(name)),
  );
}

function readFlags(from: ByteReader, startMs: number): Flags {
  const lastMs = startMs + from.number();
  const last = readNames(from);
  const further = readNames(from);
  return { kind: 'flags', lastMs, last, union: [...new Set([...last, ...further])].sort() };
}

function writeNames(to: ByteWriter, names: readonly string[]): void {
  to.number(names.length);
  for (const name of names) to.text(name);
}

function readNames(from: ByteReader): string[] {
  const names: string[] = [];
  for (let left = from.number(); left > 0; left--) names.push(from.text());
  return names;
}
