// MessagePack, reading only: https://github.com/msgpack/msgpack/blob/master/spec.md

import { ProtocolError } from '../session.ts';

/** What a message can hold. Binary and extensions other than the timestamp are refused: nobody sends them here. */
export type Packed = number | string | boolean | null | Date | readonly Packed[] | PackedMap;
export type PackedMap = ReadonlyMap<string, Packed>;

/** Of maps and lists inside one another. */
const depthMax = 16;

/** @throws ProtocolError `corrupt` when the bytes are not exactly one value. */
export function readMessagePack(bytes: Uint8Array): Packed {
  const reader = createReader(bytes);
  const value = reader.value(0);
  if (!reader.isDone()) throw corrupt('bytes follow the value');
  return value;
}

const corrupt = (why: string) => new ProtocolError('corrupt', `no MessagePack: ${why}`);

/** Values of a fixed width by their first byte: how many bytes follow it, and what they are. */
const fixed: { readonly [head: number]: readonly [width: number, (view: DataView, at: number) => Packed] } = {
  192: [0, () => null],
  194: [0, () => false],
  195: [0, () => true],
  202: [4, (view, at) => view.getFloat32(at)],
  203: [8, (view, at) => view.getFloat64(at)],
  204: [1, (view, at) => view.getUint8(at)],
  205: [2, (view, at) => view.getUint16(at)],
  206: [4, (view, at) => view.getUint32(at)],
  207: [8, (view, at) => whole(view.getBigUint64(at))],
  208: [1, (view, at) => view.getInt8(at)],
  209: [2, (view, at) => view.getInt16(at)],
  210: [4, (view, at) => view.getInt32(at)],
  211: [8, (view, at) => whole(view.getBigInt64(at))],
  214: [5, (view, at) => timeOf(view, at)],
  215: [9, (view, at) => timeOf(view, at)],
};

/** Values whose length comes first, by their first byte: what they are, and the width of the length. */
const sized: { readonly [head: number]: readonly ['text' | 'list' | 'map', width: 1 | 2 | 4] } = {
  217: ['text', 1],
  218: ['text', 2],
  219: ['text', 4],
  220: ['list', 2],
  221: ['list', 4],
  222: ['map', 2],
  223: ['map', 4],
};

function whole(number: bigint): number {
  if (!Number.isSafeInteger(Number(number))) throw corrupt('a whole number beyond 2^53');
  return Number(number);
}

/** The timestamp extension of 32 or 64 bits, behind the byte of its type. */
function timeOf(view: DataView, at: number): Date {
  const type = view.getInt8(at);
  if (type !== -1) throw corrupt(`an extension of type ${type}`);
  if (view.getUint8(at - 1) === 214) return new Date(view.getUint32(at + 1) * 1000);
  const both = view.getBigUint64(at + 1);
  const milliseconds = Math.floor(Number(both >> 34n) / 1_000_000);
  return new Date(Number(both & 0x3ffffffffn) * 1000 + milliseconds);
}

function createReader(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let at = 0;
  const take = (count: number): number => {
    if (at + count > bytes.length) throw corrupt('it ends in the middle');
    at += count;
    return at - count;
  };
  const lengthOf = (width: 1 | 2 | 4): number => {
    const from = take(width);
    if (width === 1) return view.getUint8(from);
    return width === 2 ? view.getUint16(from) : view.getUint32(from);
  };
  const text = (length: number): string => {
    const from = take(length);
    try {
      return decoder.decode(bytes.subarray(from, from + length));
    } catch {
      throw corrupt('a text is not UTF-8');
    }
  };
  const list = (length: number, depth: number): readonly Packed[] => {
    // Each entry has a byte at least: a length from outside must not make room that the bytes cannot fill.
    if (length > bytes.length - at) throw corrupt('it ends in the middle');
    return Array.from({ length }, () => value(depth + 1));
  };
  const map = (length: number, depth: number): PackedMap => {
    const entries = new Map<string, Packed>();
    for (let count = 0; count < length; count++) {
      const key = value(depth + 1);
      if (typeof key !== 'string') throw corrupt('a key is no text');
      if (entries.has(key)) throw corrupt(`the key "${key}" comes twice`);
      entries.set(key, value(depth + 1));
    }
    return entries;
  };
  function value(depth: number): Packed {
    if (depth > depthMax) throw corrupt(`more than ${depthMax} levels`);
    const head = view.getUint8(take(1));
    if (head < 0x80) return head;
    if (head < 0x90) return map(head & 0x0f, depth);
    if (head < 0xa0) return list(head & 0x0f, depth);
    if (head < 0xc0) return text(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    const [width, read] = fixed[head] ?? [];
    if (width !== undefined && read !== undefined) return read(view, take(width));
    const [what, lengthWidth] = sized[head] ?? [];
    if (lengthWidth === undefined) throw corrupt(`a value of type ${head.toString(16)}`);
    const length = lengthOf(lengthWidth);
    if (what === 'text') return text(length);
    return what === 'list' ? list(length, depth) : map(length, depth);
  }
  return { value, isDone: () => at === bytes.length };
}
