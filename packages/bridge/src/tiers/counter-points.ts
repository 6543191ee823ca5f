// Every reading of a counter for as long as raw readings are kept, in chunks of ten minutes: the neighbours of late ones.
// A chunk is a blob: u8 version (1) | zeros | then per point, in the order of time: time − previous time | value −
// previous value, starting at the chunk's start and 0; values without their common decimal zeros.

import { createByteReader, createByteWriter } from './bytes.ts';
import type { CounterPoint } from './growth.ts';
import { powersOfTen, zerosOf } from './zeros.ts';

const version = 1;
export const chunkMs = 600_000;

export const chunkStart = (timeMs: number): number => Math.floor(timeMs / chunkMs) * chunkMs;

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
