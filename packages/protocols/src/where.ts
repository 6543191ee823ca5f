// Where a raw value lies in a payload. A `Where` reads one raw value, unsigned, and knows nothing of its meaning.
// Binary places are little-endian runs of bits, as every table of a sheet lists them; text places are labels of a block.

/** `undefined`: the payload ends before the place, or says there that nothing is known. */
export type Raw = number | string | undefined;

export interface Where<Payload, Read extends Raw = Raw> {
  /** The place in words, for the generated device page: `u16le(4)`. */
  readonly text: string;
  /** Bits of the payload that are read, for the law that no two fields overlap. Absent for labels. */
  readonly span?: { readonly from: number; readonly width: number };
  /** Labels of a text block that are read. */
  readonly labels?: readonly string[];
  /** Width of a two's complement value; absent when the value has no sign. */
  readonly signBits?: number;
  readonly read: (payload: Payload) => Read;
  /** Puts a raw value at the place, in a payload that reaches so far: what a simulated device does. */
  readonly write?: (payload: Payload, raw: number) => void;
  /** The text of a raw value at its label: what a simulated device sends. */
  readonly format?: (raw: number) => string;
  /** False when this device does not have the value at all: the field is then left out, not null. */
  readonly present?: (payload: Payload) => boolean;
}

export type BytesWhere = Where<Uint8Array, number | undefined>;

export const u8 = (offset: number): BytesWhere => run(`u8(${offset})`, 8 * offset, 8);
export const u16le = (offset: number): BytesWhere => run(`u16le(${offset})`, 8 * offset, 16);
export const u32le = (offset: number): BytesWhere => run(`u32le(${offset})`, 8 * offset, 32);
export const i16le = (offset: number): BytesWhere => ({
  ...run(`i16le(${offset})`, 8 * offset, 16),
  signBits: 16,
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
  const last = (from + width - 1) >> 3;
  const shift = 2 ** (from & 7);
  const modulus = 2 ** width;
  const read = (payload: Uint8Array): number | undefined => {
    if (last >= payload.length) return undefined;
    let raw = 0;
    // Not with `<<`: a run may touch five bytes, and bit 31 must not turn the number negative.
    for (let index = last; index >= first; index--) raw = raw * 256 + (payload[index] as number);
    return Math.floor(raw / shift) % modulus;
  };
  const write = (payload: Uint8Array, raw: number): void => {
    for (let bit = 0; bit < width; bit++) {
      const mask = 1 << ((from + bit) & 7);
      const index = (from + bit) >> 3;
      const byte = payload[index] ?? 0;
      payload[index] = Math.floor(raw / 2 ** bit) % 2 === 0 ? byte & ~mask : byte | mask;
    }
  };
  return { text, span: { from, width }, read, write };
}

/** Some bits of a mask, counted from its lowest. Of a mask that the payload cuts nothing is known. */
export function bitsOf(mask: BytesWhere, from: number, width = 1): BytesWhere {
  const part = run(`${mask.text} bits ${from}, ${width}`, (mask.span?.from ?? 0) + from, width);
  return { ...part, read: (payload) => (mask.read(payload) === undefined ? undefined : part.read(payload)) };
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
  return { ...where, text: `${where.text} while ${when}`, present };
}
