// Modbus registers as places. A payload holds them with their addresses, in the stretches in which they were read, so that
// a record is the same whether it was read at once, in parts, or only a part of it:
//
//   address(2) words(1) data(2 × words), again and again

import { byteRun, readBytes } from './byte-run.ts';
import { asciiText, type Where } from './where.ts';

/** What a payload begins with: the registers of one answer. */
export function registersAt(address: number, data: Uint8Array): Uint8Array {
  const stretch = new Uint8Array(3 + data.length);
  stretch[0] = address >> 8;
  stretch[1] = address & 0xff;
  stretch[2] = data.length / 2;
  // Quicker than `set` for so few.
  for (let index = 0; index < data.length; index++) stretch[3 + index] = data[index] as number;
  return stretch;
}

/** Where the data of the registers begin, if all of them were read together. */
function offsetOf(payload: Uint8Array, address: number, words: number): number | undefined {
  for (let at = 0; at + 3 <= payload.length; ) {
    const first = ((payload[at] as number) << 8) | (payload[at + 1] as number);
    const count = payload[at + 2] as number;
    if (address >= first && address + words <= first + count) return at + 3 + 2 * (address - first);
    at += 3 + 2 * count;
  }
  return undefined;
}

const name = (address: number): string => `register ${address.toString(16).toUpperCase().padStart(4, '0')}`;

interface Inside {
  /** Which of the registers' bytes, from the first one's high byte, and which bits of them; all where it is absent. */
  readonly from?: number;
  readonly count?: number;
  readonly part?: { readonly shift: number; readonly width: number };
  readonly signBits?: number;
  readonly suffix?: string;
}

/** What any place in registers says of itself. */
function about(address: number, words: number, suffix: string) {
  return {
    text: `${name(address)}${suffix}`,
    register: { address, words },
  };
}

function number(address: number, words: number, inside: Inside = {}): Where<Uint8Array, number | undefined> {
  const { from = 0, count = 2 * words - from, part, signBits, suffix = '' } = inside;
  // A payload may have been cut inside of its last stretch.
  const bytes = byteRun(from, count, { highFirst: true, reach: 2 * words, part });
  const base = (payload: Uint8Array) => offsetOf(payload, address, words);
  const { shift, width } = part ?? { shift: 0, width: 8 * count };
  return {
    ...about(address, words, suffix),
    // Bits are counted from the first byte's highest as they come.
    span: { from: 16 * address + 8 * (from + count) - shift - width, width },
    ...(signBits === undefined ? {} : { signBits }),
    bytes,
    base,
    present: (payload) => base(payload) !== undefined,
    read: (payload) => {
      const offset = base(payload);
      return offset === undefined ? undefined : readBytes(bytes, payload, offset);
    },
  };
}

function text(address: number, words: number): Where<Uint8Array, string | undefined> {
  return {
    ...about(address, words, `, ${2 * words} ASCII`),
    span: { from: 16 * address, width: 16 * words },
    present: (payload) => offsetOf(payload, address, words) !== undefined,
    read: (payload) => {
      const offset = offsetOf(payload, address, words);
      return offset === undefined ? undefined : asciiText(offset, 2 * words).read(payload);
    },
  };
}

/** Registers by their address as the sheet writes it. A register that was not read is left out. */
export const register = {
  u16: (address: number) => number(address, 1),
  i16: (address: number) => number(address, 1, { signBits: 16 }),
  /** High word first. */
  u32: (address: number) => number(address, 2, { suffix: ' u32' }),
  i32: (address: number) => number(address, 2, { suffix: ' i32', signBits: 32 }),
  high: (address: number) => number(address, 1, { suffix: ' high byte', count: 1 }),
  low: (address: number) => number(address, 1, { suffix: ' low byte', from: 1 }),
  /** Counted from the lowest. */
  bits: (address: number, from: number, width = 1) =>
    number(address, 1, {
      suffix: width === 1 ? ` bit ${from}` : ` bits ${from} to ${from + width - 1}`,
      part: { shift: from, width },
    }),
  text,
};

/** Temperature in a byte: bit 7 is the sign, 8F = −15 °C. */
export const signMagnitude = (raw: number): number => (raw & 0x80 ? 0 - (raw & 0x7f) : raw);
