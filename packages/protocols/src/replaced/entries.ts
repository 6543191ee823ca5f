// Places in the messages of replaced programs: entries by name, of what JSON or MessagePack can hold. An entry that is
// there with another type than its program sends is no value of it: the message is then none of that program.

import type { Field } from '../field.ts';
import { ProtocolError } from '../session.ts';
import type { Where } from '../where.ts';

export type Entries = ReadonlyMap<string, unknown>;
export type EntryWhere<Read extends number | string | undefined> = Where<Entries, Read>;

/** The raw value of an entry; `undefined` is null for whoever reads it. */
type Read<Raw> = (given: unknown, key: string) => Raw | undefined;

export function entry<Raw extends number | string>(
  key: string,
  read: Read<Raw>,
): EntryWhere<Raw | undefined> {
  return {
    text: key,
    labels: [key],
    present: (entries) => entries.has(key),
    read: (entries) => {
      const given = entries.get(key);
      return given === null || given === undefined ? undefined : read(given, key);
    },
  };
}

/** @throws ProtocolError that names the entry and what came. */
export function unfit(key: string, expected: string, given: unknown): ProtocolError {
  const shown = given instanceof Date || typeof given !== 'object' ? String(given) : 'a list or object';
  return new ProtocolError('corrupt', `"${key}": ${expected} was expected, ${shown.slice(0, 40)} came`);
}

export const number: Read<number> = (given, key) => {
  if (typeof given !== 'number' || !Number.isFinite(given)) throw unfit(key, 'a number', given);
  return given;
};
/** A whole number from 0 that is used as bits or as a code. */
export const whole: Read<number> = (given, key) => {
  if (!Number.isSafeInteger(given) || (given as number) < 0) throw unfit(key, 'a whole number', given);
  return given as number;
};
export const text: Read<string> = (given, key) => {
  if (typeof given !== 'string') throw unfit(key, 'a text', given);
  return given;
};

const decimal = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;
/** A number that is written as text. */
export const writtenNumber: Read<number> = (given, key) => {
  const written = text(given, key) ?? '';
  const value = Number(written);
  if (!decimal.test(written) || !Number.isFinite(value)) throw unfit(key, 'a number', given);
  return value;
};
/** Digits 0 and 1, the highest bit first. */
export const writtenBits =
  (width: number): Read<number> =>
  (given, key) => {
    const written = text(given, key) ?? '';
    if (!/^[01]+$/.test(written) || written.length !== width)
      throw unfit(key, `${width} digits 0 or 1`, given);
    return Number.parseInt(written, 2);
  };

/** One bit of a mask, or a few. */
export function bits(
  mask: EntryWhere<number | undefined>,
  lowest: number,
  width = 1,
): EntryWhere<number | undefined> {
  return {
    ...mask,
    text: `${mask.text} bit ${lowest}`,
    read: (entries) => {
      const raw = mask.read(entries);
      return raw === undefined ? undefined : Math.floor(raw / 2 ** lowest) % 2 ** width;
    },
  };
}

/** Another program's words, and ours for them. */
export type Words = { readonly [theirs: string]: string };

/** A state that comes as a word. One that the list lacks becomes `unknown_` and the word. */
export function word(
  where: EntryWhere<string | undefined>,
  words: Words,
  options: { readonly kind?: 'state' | 'info' } = {},
): Field<Entries, 'state' | 'info'> {
  return {
    kind: options.kind ?? 'state',
    where,
    na: [],
    codes: Object.fromEntries(Object.values(words).map((ours, index) => [index, ours])),
    value: (raw) => {
      const theirs = String(raw);
      if (Object.hasOwn(words, theirs)) return words[theirs] ?? null;
      return `unknown_${theirs
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '_')
        .slice(0, 64)}`;
    },
  };
}
