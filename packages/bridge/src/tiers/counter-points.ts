// Every reading of a counter for as long as raw readings are kept: the neighbours of late ones. In chunks of about a
// hundred points; a chunk begins with its first point and reaches to the next chunk, all points of one time are in one.
// As a blob: u8 version (1) | zeros | then per point, in the order of time: time − previous time | value − previous
// value, starting at the chunk's start and 0; values without their common decimal zeros.

import { createByteReader, createByteWriter } from './bytes.ts';
import type { CounterPoint } from './growth.ts';
import { powersOfTen, zerosOf } from './zeros.ts';

const version = 1;
/** What a flush writes again for one new point is bounded by it. */
const chunkPoints = 100;

/** Cuts points into chunks. */
export function cutIntoChunks(points: readonly CounterPoint[]): readonly (readonly CounterPoint[])[] {
  const chunks: (readonly CounterPoint[])[] = [];
  for (let start = 0; start < points.length; ) {
    let end = Math.min(start + chunkPoints, points.length);
    while (end < points.length && points[end]?.timeMs === points[end - 1]?.timeMs) end++;
    chunks.push(points.slice(start, end));
    start = end;
  }
  return chunks;
}

const writer = createByteWriter();

export function encodePoints(points: readonly CounterPoint[], startMs: number): Uint8Array {
  const zeros = zerosOf(points.map(({ units }) => units));
  const divisor = powersOfTen[zeros] ?? 1;
  writer.number(version);
  writer.number(zeros);
  let timeMs = startMs;
  let units = 0;
  for (const point of points) {
    writer.number(point.timeMs - timeMs);
    writer.signed((point.units - units) / divisor);
    timeMs = point.timeMs;
    units = point.units;
  }
  return writer.take();
}

export function decodePoints(bytes: Uint8Array, startMs: number): CounterPoint[] {
  const reader = createByteReader(bytes);
  const found = reader.number();
  if (found !== version) throw new Error(`points of version ${version} were expected, version ${found} came`);
  const factor = powersOfTen[reader.number()] ?? 1;
  const points: CounterPoint[] = [];
  let timeMs = startMs;
  let units = 0;
  while (!reader.isAtEnd()) {
    timeMs += reader.number();
    units += reader.signed() * factor;
    points.push({ timeMs, units });
  }
  return points;
}
