// Where a value stands in the registers of VE.Direct HEX. A payload holds registers side by side: id(2) length(1) value. The
// length is the device's own, so all ones (unsigned), or the largest positive number (signed), of that length say that it
// does not know.

import { asciiText, type Raw, type Where } from '../../where.ts';

/** The value of a register, if it is there. */
export function registerValue(payload: Uint8Array, id: number): Uint8Array | undefined {
  for (let at = 0; at + 3 <= payload.length; ) {
    const length = payload[at + 2] as number;
    if (payload[at] === (id & 0xff) && payload[at + 1] === id >> 8)
      return payload.subarray(at + 3, at + 3 + length);
    at += 3 + length;
  }
  return undefined;
}

/** Ids of the registers in a payload. */
export function registersTold(payload: Uint8Array): readonly number[] {
  const told: number[] = [];
  for (let at = 0; at + 3 <= payload.length; at += 3 + (payload[at + 2] as number))
    told.push((payload[at] as number) + 256 * (payload[at + 1] as number));
  return told;
}

export const nameOf = (id: number): string => `0x${id.toString(16).toUpperCase().padStart(4, '0')}`;

/** A place that says which registers it is in: what must be asked for it. */
export interface Place<Read extends Raw = Raw> extends Where<Uint8Array, Read> {
  readonly registers: readonly number[];
}

function place<Read extends Raw>(
  id: number,
  text: string,
  read: (value: Uint8Array) => Read | undefined,
): Place<Read | undefined> {
  return {
    text: `${nameOf(id)}${text}`,
    registers: [id],
    present: (payload) => registerValue(payload, id) !== undefined,
    read: (payload) => {
      const value = registerValue(payload, id);
      return value === undefined ? undefined : read(value);
    },
  };
}

function unsignedOf(value: Uint8Array): number | undefined {
  if (value.length === 0 || value.length > 4 || value.every((byte) => byte === 0xff)) return undefined;
  return rawOf(value);
}

const rawOf = (value: Uint8Array): number => value.reduceRight((total, byte) => total * 256 + byte, 0);

function signedOf(value: Uint8Array): number | undefined {
  if (value.length === 0 || value.length > 4) return undefined;
  const raw = rawOf(value);
  const half = 2 ** (8 * value.length - 1);
  if (raw === half - 1) return undefined;
  return raw >= half ? raw - 2 * half : raw;
}

export const unsigned = (id: number): Place<number | undefined> => place(id, ' unsigned', unsignedOf);
export const signed = (id: number): Place<number | undefined> => place(id, ' signed', signedOf);
export const characters = (id: number): Place<string | undefined> => place(id, ' text', asciiText(0).read);

/** Some bytes of a long register, low byte first. */
export const part = (id: number, offset: number, bytes: number): Place<number | undefined> =>
  place(id, ` u${8 * bytes}le(${offset})`, (value) =>
    value.length < offset + bytes ? undefined : unsignedOf(value.subarray(offset, offset + bytes)),
  );

/** Counts in larger steps than the field. */
export const times = (inner: Place<number | undefined>, factor: number): Place<number | undefined> => ({
  ...inner,
  text: `${inner.text} × ${factor}`,
  read: (payload) => {
    const raw = inner.read(payload);
    return raw === undefined ? undefined : raw * factor;
  },
});

/** The first of several registers of the same value that knows it. */
export function either<Read extends Raw>(
  ...places: readonly Place<Read | undefined>[]
): Place<Read | undefined> {
  return {
    text: places.map(({ text }) => text).join(', else '),
    registers: places.flatMap(({ registers }) => registers),
    present: (payload) => places.some(({ present }) => present?.(payload)),
    read: (payload) => places.find((each) => each.read(payload) !== undefined)?.read(payload),
  };
}
