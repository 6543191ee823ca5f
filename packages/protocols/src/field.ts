// What a raw value means: six kinds, and the one way in which raw becomes a value.

import type { Where } from './where.ts';

export type Unit =
  | 'V'
  | 'A'
  | 'W'
  | 'VA'
  | 'var'
  | 'Wh'
  | 'Ah'
  | '%'
  | '°C'
  | 'Hz'
  | 's'
  | 'Ω'
  | 'W/m²'
  | 'dBm'
  | 'rpm';

export const fieldKinds = ['gauge', 'counter', 'state', 'flag', 'flags', 'info'] as const;
export type FieldKind = (typeof fieldKinds)[number];

/** gauge, counter: number · state, info: string · flag: boolean · flags: names · null: the device does not know. */
export type Value = number | string | boolean | readonly string[] | null;
export type Values = { readonly [field: string]: Value };

/** Raw codes, numbers or texts, and the words for them. */
export type Codes = { readonly [code: number | string]: string };

interface Common {
  /** Raw values by which the device says that it does not know; compared before the sign is applied. */
  readonly na?: number | readonly number[];
}

interface Trouble {
  /** The field reports trouble: a flag that is true, any set flag, any state but `none`. */
  readonly problem?: true;
}

interface NumberOptions extends Common {
  readonly unit?: Unit;
  /** Value of one step. Decimal: the result has exactly its decimals. */
  readonly scale?: number;
  /** Added after scaling, in the unit of the value. */
  readonly offset?: number;
  /** For the rare value that is no straight line of its raw: undoes what the device did. */
  readonly convert?: (raw: number) => number | null;
}

export interface Field<Payload, Kind extends FieldKind = FieldKind> {
  readonly kind: Kind;
  readonly where: Where<Payload>;
  readonly unit?: Unit;
  readonly problem?: true;
  /** Sentinels as declared, for the laws and the generated page. */
  readonly na: readonly number[];
  readonly scale?: number;
  readonly offset?: number;
  /** The value is no straight line of its raw. */
  readonly converted?: true;
  readonly codes?: Codes;
  /** What `value` does with a whole number, after sentinels and sign. */
  readonly linear?: Linear;
  /** From raw to value; every step but reading. */
  readonly value: (raw: number | string) => Value;
}

/** (raw × multiplier + added) / divisor, all of them integers; or the raw value itself. */
export interface Linear {
  readonly isRaw: boolean;
  readonly multiplier: number;
  readonly added: number;
  readonly divisor: number;
}

export type Fields<Payload> = { readonly [name: string]: Field<Payload> };

/** Averaged over time: mean, min, max. */
export function gauge<Payload>(where: Where<Payload>, options: NumberOptions): Field<Payload, 'gauge'> {
  return { kind: 'gauge', ...numeric(where, options) };
}

/** Only grows, but for a reset to zero: last and increase. */
export function counter<Payload>(where: Where<Payload>, options: NumberOptions): Field<Payload, 'counter'> {
  return { kind: 'counter', ...numeric(where, options) };
}

/** One of a list. A code that the list lacks becomes `unknown_23`. */
export function state<Payload>(
  where: Where<Payload>,
  codes: Codes,
  options: Common & Trouble = {},
): Field<Payload, 'state'> {
  const value = (raw: number | string): Value => codes[raw] ?? `unknown_${String(raw).toLowerCase()}`;
  return { kind: 'state', codes, ...trouble(options), ...checked(where, options, value) };
}

/** Yes or no. Every raw but 0 is yes, unless `on` names the one that is. */
export function flag<Payload>(
  where: Where<Payload>,
  options: Common & Trouble & { readonly on?: number } = {},
): Field<Payload, 'flag'> {
  const { on } = options;
  const value = (raw: number | string): Value => (on === undefined ? raw !== 0 : raw === on);
  return { kind: 'flag', ...trouble(options), ...checked(where, options, value) };
}

/**
 * Several bits at once, as the names of the set ones, lowest bit first.
 * `unknown: 'named'` gives a set bit without a name the name `unknown_9`; a mask that is shared out over several
 * fields says `unknown: 'left out'`, because nobody knows which of them a nameless bit belongs to.
 */
export function flags<Payload>(
  where: Where<Payload>,
  names: Codes,
  options: Common & Trouble & { readonly unknown?: 'named' | 'left out' } = {},
): Field<Payload, 'flags'> {
  const named = options.unknown !== 'left out';
  const value = (raw: number | string): Value => {
    const set: string[] = [];
    for (let bit = 0, rest = Number(raw); rest > 0; bit++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue;
      const name = names[bit] ?? (named ? `unknown_${bit}` : undefined);
      if (name !== undefined && !set.includes(name)) set.push(name);
    }
    return set;
  };
  return { kind: 'flags', codes: names, ...trouble(options), ...checked(where, options, value) };
}

/** Never changes: serial number, version. */
export function info<Payload>(
  where: Where<Payload>,
  options: Common & { readonly convert?: (raw: string) => string | null } = {},
): Field<Payload, 'info'> {
  const { convert = (text: string) => text } = options;
  return { kind: 'info', ...checked(where, options, (raw) => convert(String(raw))) };
}

/** The same for each of several parts, which are numbered from 1 in the names: `cell_voltage_3`. */
export function each<Payload>(
  count: number,
  part: (index: number) => readonly [name: string, field: Field<Payload>],
): Fields<Payload> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => part(index)));
}

/**
 * Reads one field, in this order: raw, unsigned → beyond the payload? null → a sentinel? null → sign → scale and offset
 * → word of the code. Never throws: one bad field does not cost the record.
 */
export function decodeField<Payload>(field: Field<Payload>, payload: Payload): Value {
  const raw = field.where.read(payload);
  return raw === undefined ? null : field.value(raw);
}

function trouble(options: Trouble): Trouble {
  return options.problem ? { problem: true } : {};
}

/** Wraps the meaning of a raw value with what all kinds have in common: the sentinel first, then the sign. */
function checked<Payload>(
  where: Where<Payload>,
  options: Common,
  meaning: (raw: number | string) => Value,
): Pick<Field<Payload>, 'where' | 'na' | 'value'> {
  const na = options.na === undefined ? [] : typeof options.na === 'number' ? [options.na] : options.na;
  const { signBits } = where;
  if (na.length === 0 && signBits === undefined) return { where, na, value: meaning };
  const half = signBits === undefined ? Number.POSITIVE_INFINITY : 2 ** (signBits - 1);
  const full = signBits === undefined ? 0 : 2 ** signBits;
  const value = (raw: number | string): Value => {
    if (na.includes(raw as number)) return null;
    return meaning(typeof raw === 'number' && raw >= half ? raw - full : raw);
  };
  return { where, na, value };
}

function numeric<Payload>(where: Where<Payload>, options: NumberOptions): Omit<Field<Payload>, 'kind'> {
  const { unit, scale = 1, offset = 0, convert } = options;
  const decimals = Math.max(decimalsOf(scale), decimalsOf(offset));
  const divisor = 10 ** decimals;
  const multiplier = Math.round(scale * divisor);
  const added = Math.round(offset * divisor);
  // One division of two integers gives the double nearest to the decimal: 13.88, never 13.879999999999999.
  const linear = (raw: number): number => {
    if (Number.isInteger(raw)) return (raw * multiplier + added) / divisor;
    // A decimal that a device sends as text: its own digits count too.
    const own = 10 ** decimalsSent(raw);
    return (Math.round(raw * own) * multiplier + added * own) / (divisor * own);
  };
  // What is sent in the unit of the value needs no arithmetic.
  const isRaw = scale === 1 && offset === 0;
  const meaning = convert ?? (isRaw ? (raw: number) => raw : linear);
  return {
    ...checked(where, options, (raw) => meaning(raw as number)),
    ...(unit === undefined ? {} : { unit }),
    ...(scale === 1 ? {} : { scale }),
    ...(offset === 0 ? {} : { offset }),
    ...(convert === undefined ? { linear: { isRaw, multiplier, added, divisor } } : { converted: true }),
  };
}

/** As `decimalsOf`, quicker for what devices send: up to four digits. */
function decimalsSent(decimal: number): number {
  for (let digits = 1, power = 10; digits <= 4; digits++, power *= 10)
    if (Math.round(decimal * power) / power === decimal) return digits;
  return decimalsOf(decimal);
}

/** Digits behind the point of a decimal number as it is written in a table: 0.01 → 2, 60 → 0. */
export function decimalsOf(decimal: number): number {
  const [mantissa = '', exponent = '0'] = String(decimal).split('e');
  return Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent));
}
