// Where a raw value lies in a payload. A `Where` reads one raw value, unsigned, and knows nothing of its meaning.
// Binary places are runs of bits or whole bytes, as every table of a sheet lists them; text places are labels of a block,
// columns of a line, or stretches of ASCII.

import { type ByteRun, byteRun, readBytes } from './byte-run.ts';

/** `undefined`: the payload ends before the place, or says there that nothing is known. */
export type Raw = number | string | undefined;

export interface Where<Payload, Read extends Raw = Raw> {
  /** The place in words, for the generated device page: `u16le(4)`. */
  readonly text: string;
  /** Bits of the payload that are read, for the law that no two fields overlap. Absent for labels. */
  readonly span?: { readonly from: number; readonly width: number };
  /** Labels of a text block that are read. */
  readonly labels?: readonly string[];
  /** Modbus registers that are read. */
  readonly register?: { readonly address: number; readonly words: number };
  /** Column of a line of text that is read, and which characters of it. */
  readonly column?: { readonly index: number; readonly from?: number; readonly width?: number };
  /** Identifier of the CAN frame in which the place is. */
  readonly frame?: number;
  /** Width of a two's complement value; absent when the value has no sign. */
  readonly signBits?: number;
  readonly read: (payload: Payload) => Read;
  /** The bytes that `read` reads, where it does nothing else. */
  readonly bytes?: ByteRun;
  /** Where `bytes` begin to count in a payload that has no fixed places; `undefined`: `present` would say no. */
  readonly base?: (payload: Payload) => number | undefined;
  /** `present` says no for payloads of no more bytes, and for no others. */
  readonly beyond?: number;
  /** Puts a raw value at the place, in a payload that reaches so far: what a simulated device does. */
  readonly write?: (payload: Payload, raw: number) => void;
  /** The text of a raw value at its label: what a simulated device sends. */
  readonly format?: (raw: number) => string;
  /** False when this device does not have the value at all: the field is then left out, not null. */
  readonly present?: (payload: Payload) => boolean;
}

export interface BytesWhere extends Where<Uint8Array, number | undefined> {
  /** Its bytes stand high byte first. */
  readonly highFirst?: true;
}

export const u8 = (offset: number): BytesWhere => run(`u8(${offset})`, 8 * offset, 8);
export const u16le = (offset: number): BytesWhere => run(`u16le(${offset})`, 8 * offset, 16);
export const u32le = (offset: number): BytesWhere => run(`u32le(${offset})`, 8 * offset, 32);
export const i16le = (offset: number): BytesWhere => ({
  ...run(`i16le(${offset})`, 8 * offset, 16),
  signBits: 16,
});

export const i8 = (offset: number): BytesWhere => ({ ...run(`i8(${offset})`, 8 * offset, 8), signBits: 8 });
export const i32le = (offset: number): BytesWhere => ({
  ...run(`i32le(${offset})`, 8 * offset, 32),
  signBits: 32,
});

export const u16be = (offset: number): BytesWhere => highFirst(`u16be(${offset})`, offset, 2);
export const u24be = (offset: number): BytesWhere => highFirst(`u24be(${offset})`, offset, 3);
export const u32be = (offset: number): BytesWhere => highFirst(`u32be(${offset})`, offset, 4);
export const i16be = (offset: number): BytesWhere => ({
  ...highFirst(`i16be(${offset})`, offset, 2),
  signBits: 16,
});
export const i32be = (offset: number): BytesWhere => ({
  ...highFirst(`i32be(${offset})`, offset, 4),
  signBits: 32,
});

function highFirst(text: string, offset: number, count: number): BytesWhere {
  const bytes = byteRun(offset, count, { highFirst: true });
  const write = (payload: Uint8Array, raw: number): void => {
    for (let index = offset + count - 1, rest = raw; index >= offset; index--, rest = Math.floor(rest / 256))
      payload[index] = rest % 256;
  };
  const read = (payload: Uint8Array) => readBytes(bytes, payload);
  return { text, span: { from: 8 * offset, width: 8 * count }, highFirst: true, bytes, read, write };
}

/**
 * ASCII text, without the zeros and blanks around it; to the end of the payload where no length is given. Nothing but
 * zeros and blanks: not known.
 */
export function asciiText(offset: number, length?: number): Where<Uint8Array, string | undefined> {
  const read = (payload: Uint8Array): string | undefined => {
    const end = length === undefined ? payload.length : offset + length;
    if (payload.length <= offset || payload.length < end) return undefined;
    return visibleText(payload, offset, end);
  };
  return {
    text: length === undefined ? `ASCII from ${offset}` : `ASCII(${offset}, ${length})`,
    ...(length === undefined ? {} : { span: { from: 8 * offset, width: 8 * length } }),
    read,
  };
}

/** Without zeros and blanks around it; `undefined`: nothing is left. */
function visibleText(payload: Uint8Array, from: number, to: number): string | undefined {
  const isPadding = (at: number) => payload[at] === 0 || payload[at] === 0x20;
  let begin = from;
  let end = to;
  while (begin < end && isPadding(begin)) begin++;
  while (begin < end && isPadding(end - 1)) end--;
  let text = '';
  for (let at = begin; at < end; at++) {
    const byte = payload[at] as number;
    // Bytes beyond ASCII become visible as such: a name is shown to people.
    text += byte < 0x20 || byte > 0x7e ? '?' : String.fromCharCode(byte);
  }
  return text === '' ? undefined : text;
}

/** Columns of a line of text, as they were cut; one that must not be read is `undefined`. */
export type Columns = readonly (string | undefined)[];

/** The decimal number in a column, from 0. Dashes and other text: not known. */
export function column(index: number): Where<Columns, number | undefined> {
  const read = (columns: Columns): number | undefined => {
    const text = columns[index];
    return text === undefined ? undefined : decimalOf(text);
  };
  return { text: `column ${index}`, column: { index }, read };
}

/** Digits that a number holds exactly. */
const digitsMax = 15;

/** `12`, `-0.5`, `3.`; `undefined`: something else. */
function decimalOf(text: string): number | undefined {
  const sign = text.charCodeAt(0);
  const begin = sign === 0x2b || sign === 0x2d ? 1 : 0;
  let whole = 0;
  let divisor = 0;
  if (text.length - begin > digitsMax) return /^[+-]?\d+(\.\d*)?$/.test(text) ? Number(text) : undefined;
  for (let index = begin; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x30 && code <= 0x39) {
      whole = whole * 10 + code - 0x30;
      divisor *= 10;
    } else if (code === 0x2e && divisor === 0 && index > begin) divisor = 1;
    else return undefined;
  }
  if (text.length === begin) return undefined;
  // One division of two integers gives the number that is nearest, as reading the text would.
  const size = divisor > 1 ? whole / divisor : whole;
  return sign === 0x2d ? -size : size;
}

/** The text of a column, or some characters of it. */
export function columnText(index: number, from = 0, width?: number): Where<Columns, string | undefined> {
  const end = width === undefined ? undefined : from + width;
  const read = (columns: Columns): string | undefined => {
    const text = columns[index]?.slice(from, end);
    return text === '' || (width !== undefined && text?.length !== width) ? undefined : text;
  };
  return { ...partOfColumn(index, from, width), read };
}

/** Characters of a column as a number: `b7 b6 …`, each 0 or 1, with base 2; one digit with base 10. */
export function columnDigits(
  index: number,
  from: number,
  width: number,
  base: 2 | 10 | 16 = 10,
): Where<Columns, number | undefined> {
  const digits = { 2: /^[01]+$/, 10: /^\d+$/, 16: /^[\dA-Fa-f]+$/ }[base];
  const read = (columns: Columns): number | undefined => {
    const text = columns[index]?.slice(from, from + width) ?? '';
    return text.length === width && digits.test(text) ? Number.parseInt(text, base) : undefined;
  };
  return { ...partOfColumn(index, from, width), read };
}

const partOfColumn = (index: number, from: number, width: number | undefined) => ({
  text: `column ${index}${width === undefined ? '' : `, characters ${from}, ${width}`}`,
  column: width === undefined ? { index } : { index, from, width },
});

/** A run of at most 32 bits; bit n is bit n&7 of byte n>>3, the way Victron's tables count them. */
export const ubits = (from: number, width: number): BytesWhere =>
  run(`ubits(${from}, ${width})`, from, width);
export const ibits = (from: number, width: number): BytesWhere => ({
  ...run(`ibits(${from}, ${width})`, from, width),
  signBits: width,
});

function run(text: string, from: number, width: number): BytesWhere {
  const first = from >> 3;
  const reach = ((from + width - 1) >> 3) + 1;
  const isWhole = (from & 7) === 0 && (width & 7) === 0;
  const part = isWhole ? undefined : { shift: from & 7, width };
  const bytes = byteRun(first, reach - first, { highFirst: false, part });
  const read = (payload: Uint8Array) => readBytes(bytes, payload);
  const write = (payload: Uint8Array, raw: number): void => {
    for (let bit = 0; bit < width; bit++) {
      const mask = 1 << ((from + bit) & 7);
      const index = (from + bit) >> 3;
      const byte = payload[index] ?? 0;
      payload[index] = Math.floor(raw / 2 ** bit) % 2 === 0 ? byte & ~mask : byte | mask;
    }
  };
  return { text, span: { from, width }, bytes, read, write };
}

/** Some bits of a mask, counted from its lowest. Of a mask that the payload cuts nothing is known. */
export function bitsOf(mask: BytesWhere, from: number, width = 1): BytesWhere {
  const text = `${mask.text} bits ${from}, ${width}`;
  const { span } = mask;
  if (!mask.highFirst || span === undefined) return ofMask(mask, run(text, (span?.from ?? 0) + from, width));
  // Within a byte bits count from its lowest in either order, only the bytes stand the other way round.
  const lowest = span.from + span.width - 8 * (1 + (from >> 3)) + (from & 7);
  if ((from & 7) + width > 8) throw new Error(`${text}: beyond a byte`);
  return ofMask(mask, run(text, lowest, width));
}

function ofMask(mask: BytesWhere, part: BytesWhere): BytesWhere {
  const { bytes: own, ...place } = part;
  if (mask.bytes === undefined || own === undefined)
    return {
      ...place,
      read: (payload) => (mask.read(payload) === undefined ? undefined : part.read(payload)),
    };
  const { first, count, highFirst, part: bits } = own;
  const bytes = byteRun(first, count, { highFirst, reach: mask.bytes.reach, part: bits });
  return { ...place, bytes, read: (payload) => readBytes(bytes, payload) };
}

/**
 * 2-bit pairs side by side, as a mask: bit n is set when the pair whose low bit is n has the value `code`.
 * A pair of 0 means that the device does not know; when all pairs are 0 nothing is known.
 */
export function pairs(from: number, count: number, code: 1 | 2 | 3): BytesWhere {
  const all = run('', from, count * 2);
  const read = (payload: Uint8Array): number | undefined => {
    const raw = all.read(payload);
    if (raw === undefined || raw === 0) return undefined;
    let mask = 0;
    for (let low = 0; low < count * 2; low += 2) if (((raw >> low) & 3) === code) mask += 2 ** low;
    return mask;
  };
  return { text: `pairs(${from}, ${count}) = ${code}`, span: { from, width: count * 2 }, read };
}

/**
 * The same place, but the device has the value only while `present` says so: a mode elsewhere in the payload decides.
 *
 * @param when that mode in words, for the generated device page.
 */
export function only<Payload, Read extends Raw>(
  where: Where<Payload, Read>,
  present: (payload: Payload) => boolean,
  when: string,
): Where<Payload, Read> {
  const { base, beyond: _, ...place } = where;
  return {
    ...place,
    ...(base === undefined
      ? {}
      : { base: (payload: Payload) => (present(payload) ? base(payload) : undefined) }),
    text: `${where.text} while ${when}`,
    present,
  };
}

/** The same place, but what a payload that ends before it does not have: it is as long as there are values in it. */
export const ifLongEnough = (where: BytesWhere, when: string): BytesWhere => ({
  ...only(where, (payload) => payload.length > (where.bytes?.first ?? 0), when),
  ...(where.bytes === undefined ? {} : { beyond: where.bytes.first }),
});
