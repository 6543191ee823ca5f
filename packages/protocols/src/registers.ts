// Modbus registers as places. A payload holds them with their addresses, in the stretches in which they were read, so that
// a record is the same whether it was read at once, in parts, or only a part of it:
//
//   address(2) words(1) data(2 × words), again and again

import { asciiText, type BytesWhere, i16be, i32be, type Raw, u8, u16be, u32be, type Where } from './where.ts';

/** What a payload begins with: the registers of one answer. */
export const registersAt = (address: number, data: Uint8Array): Uint8Array =>
  Uint8Array.of(address >> 8, address & 0xff, data.length / 2, ...data);

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

/** @param bits which of the registers' bits, counted from the first byte's highest as they come */
function place<Read extends Raw>(
  address: number,
  words: number,
  inside: Where<Uint8Array, Read>,
  bits: { readonly from: number; readonly width: number } = { from: 0, width: 16 * words },
  suffix = '',
): Where<Uint8Array, Read | undefined> {
  return {
    text: `${name(address)}${suffix}`,
    span: { from: 16 * address + bits.from, width: bits.width },
    register: { address, words },
    ...(inside.signBits === undefined ? {} : { signBits: inside.signBits }),
    read: (payload) => {
      const offset = offsetOf(payload, address, words);
      return offset === undefined ? undefined : inside.read(payload.subarray(offset, offset + 2 * words));
    },
    present: (payload) => offsetOf(payload, address, words) !== undefined,
  };
}

const half = (address: number, byte: 0 | 1, suffix: string) =>
  place(address, 1, u8(byte), { from: 8 * byte, width: 8 }, suffix);

/** Registers by their address as the sheet writes it. A register that was not read is left out. */
export const register = {
  u16: (address: number) => place(address, 1, u16be(0)),
  i16: (address: number) => place(address, 1, i16be(0)),
  /** High word first. */
  u32: (address: number) => place(address, 2, u32be(0), undefined, ' u32'),
  i32: (address: number) => place(address, 2, i32be(0), undefined, ' i32'),
  high: (address: number) => half(address, 0, ' high byte'),
  low: (address: number) => half(address, 1, ' low byte'),
  /** Counted from the lowest. */
  bits: (address: number, from: number, width = 1) => {
    const word: BytesWhere = u16be(0);
    const read = (payload: Uint8Array): number | undefined => {
      const raw = word.read(payload);
      return raw === undefined ? undefined : (raw >> from) & (2 ** width - 1);
    };
    const suffix = width === 1 ? ` bit ${from}` : ` bits ${from} to ${from + width - 1}`;
    return place(address, 1, { text: '', read }, { from: 16 - from - width, width }, suffix);
  },
  text: (address: number, words: number) =>
    place(address, words, asciiText(0, 2 * words), undefined, `, ${2 * words} ASCII`),
};

/** Temperature in a byte: bit 7 is the sign, 8F = −15 °C. */
export const signMagnitude = (raw: number): number => (raw & 0x80 ? 0 - (raw & 0x7f) : raw);
