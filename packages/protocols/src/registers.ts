// Modbus registers as places. A payload holds them with their addresses, in the stretches in which they were read, so that
// a record is the same whether it was read at once, in parts, or only a part of it:
//
//   address(2) words(1) data(2 × words), again and again

import { asciiText, type Raw, type Where } from './where.ts';

/** What a payload begins with: the registers of one answer. */
export function registersAt(address: number, data: Uint8Array): Uint8Array {
  const stretch = new Uint8Array(3 + data.length);
  stretch.set([address >> 8, address & 0xff, data.length / 2]);
  stretch.set(data, 3);
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

interface Inside<Read extends Raw> {
  /** Which of the registers' bits, counted from the first byte's highest as they come; all where it is absent. */
  readonly bits?: { readonly from: number; readonly width: number };
  readonly signBits?: number;
  readonly suffix?: string;
  /** At the offset of the first register's high byte. */
  readonly read: (payload: Uint8Array, offset: number) => Read | undefined;
}

function place<Read extends Raw>(
  address: number,
  words: number,
  { bits = { from: 0, width: 16 * words }, signBits, suffix = '', read }: Inside<Read>,
): Where<Uint8Array, Read | undefined> {
  return {
    text: `${name(address)}${suffix}`,
    span: { from: 16 * address + bits.from, width: bits.width },
    register: { address, words },
    ...(signBits === undefined ? {} : { signBits }),
    read: (payload) => {
      const offset = offsetOf(payload, address, words);
      // A payload may have been cut inside of its last stretch.
      return offset === undefined || offset + 2 * words > payload.length ? undefined : read(payload, offset);
    },
    present: (payload) => offsetOf(payload, address, words) !== undefined,
  };
}

const byteAt = (payload: Uint8Array, offset: number): number => payload[offset] as number;
const word = (payload: Uint8Array, offset: number): number =>
  byteAt(payload, offset) * 256 + byteAt(payload, offset + 1);
const doubleWord = (payload: Uint8Array, offset: number): number =>
  word(payload, offset) * 65_536 + word(payload, offset + 2);

/** Registers by their address as the sheet writes it. A register that was not read is left out. */
export const register = {
  u16: (address: number) => place(address, 1, { read: word }),
  i16: (address: number) => place(address, 1, { signBits: 16, read: word }),
  /** High word first. */
  u32: (address: number) => place(address, 2, { suffix: ' u32', read: doubleWord }),
  i32: (address: number) => place(address, 2, { suffix: ' i32', signBits: 32, read: doubleWord }),
  high: (address: number) =>
    place(address, 1, { suffix: ' high byte', bits: { from: 0, width: 8 }, read: byteAt }),
  low: (address: number) =>
    place(address, 1, {
      suffix: ' low byte',
      bits: { from: 8, width: 8 },
      read: (payload, offset) => byteAt(payload, offset + 1),
    }),
  /** Counted from the lowest. */
  bits: (address: number, from: number, width = 1) =>
    place(address, 1, {
      suffix: width === 1 ? ` bit ${from}` : ` bits ${from} to ${from + width - 1}`,
      bits: { from: 16 - from - width, width },
      read: (payload, offset) => (word(payload, offset) >> from) & (2 ** width - 1),
    }),
  text: (address: number, words: number) =>
    place(address, words, {
      suffix: `, ${2 * words} ASCII`,
      read: (payload, offset) => asciiText(offset, 2 * words).read(payload),
    }),
};

/** Temperature in a byte: bit 7 is the sign, 8F = −15 °C. */
export const signMagnitude = (raw: number): number => (raw & 0x80 ? 0 - (raw & 0x7f) : raw);
