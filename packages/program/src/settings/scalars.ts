// The scalar types of a configuration. Each reads the text as written, says what it expects in plain words, and
// carries its JSON Schema for editors.

import * as z from 'zod';
import { makeSecret } from './secret.ts';

/** A text that is refused for a reason of its own, said instead of "expected …, found …". */
export interface Refusal {
  readonly refused: string;
}

interface ScalarOptions<Output> {
  /** Completes the sentence "expected …". */
  readonly expected: string;
  /** `undefined`: not what is expected. */
  readonly parse: (text: string) => Output | Refusal | undefined;
  /** Overrides `{ type: 'string' }` in the JSON Schema. */
  readonly jsonSchema?: { readonly [keyword: string]: unknown };
  /** Words among which to look for "did you mean". */
  readonly words?: readonly string[];
}

const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'refused' in value;

/**
 * For checks that look at several values: they run even where others were refused, so that all problems are said at
 * once. What they are given can therefore be in part of any type.
 */
export const evenIfRefused = {
  onMap: { when: ({ value }: { value: unknown }) => isMapping(value) },
  onList: { when: ({ value }: { value: unknown }) => Array.isArray(value) },
};

export const isMapping = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Defaults of a scalar are written as the person would: `.prefault('60s')`. */
export function scalar<Output>({ expected, parse, jsonSchema, words }: ScalarOptions<Output>) {
  return z
    .string({ error: expected })
    .meta({ ...jsonSchema })
    .transform((text, context): Output => {
      const value = parse(text);
      if (value !== undefined && !isRefusal(value)) return value;
      context.addIssue(
        isRefusal(value)
          ? { code: 'custom', message: value.refused, input: text }
          : { code: 'custom', message: expected, input: text, params: { isExpectation: true, words } },
      );
      return z.NEVER;
    });
}

export function text({ expected, pattern }: { expected: string; pattern: RegExp }) {
  return scalar({
    expected,
    parse: (written) => (pattern.test(written) ? written : undefined),
    // An unquoted name of digits is a number for an editor; the loader takes it as it is written.
    jsonSchema: { type: ['string', 'number'], pattern: pattern.source },
  });
}

/** Any text of at least one character that is not only blanks. */
export const anyText = (expected = 'a text') => text({ expected, pattern: /\S/ });

/** A text that is never printed. */
export const secretText = (expected: string) =>
  scalar({
    expected,
    parse: (written) => (written === '' ? undefined : makeSecret(written)),
    jsonSchema: { type: ['string', 'number'], minLength: 1 },
  });

export function wholeNumber(min: number, max: number) {
  return scalar({
    expected: `a whole number from ${min} to ${max}`,
    parse: (written) => {
      const value = /^[0-9]{1,15}$/.test(written) ? Number(written) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    jsonSchema: { type: 'integer', minimum: min, maximum: max },
  });
}

const yes = ['true', 'yes', 'on'];
const no = ['false', 'no', 'off'];

export const yesOrNo = () =>
  scalar({
    expected: 'true or false',
    parse: (written) => {
      const word = written.toLowerCase();
      return yes.includes(word) ? true : no.includes(word) ? false : undefined;
    },
    jsonSchema: { type: 'boolean' },
  });

export function oneOf<const Word extends string>(
  words: readonly Word[],
  expected = `one of ${words.join(', ')}`,
) {
  return scalar<Word>({
    expected: words.length === 1 ? `"${words[0]}"` : expected,
    parse: (written) => words.find((word) => word === written),
    // An unquoted word of digits is a number for an editor.
    jsonSchema: {
      type: ['string', 'number'],
      enum: words.flatMap((word) => (/^[0-9]+$/.test(word) ? [word, Number(word)] : [word])),
    },
    words,
  });
}

const secondMs = 1000;
const unitMs: ReadonlyMap<string, number> = new Map([
  ['s', secondMs],
  ['m', 60 * secondMs],
  ['h', 3600 * secondMs],
  ['d', 86_400 * secondMs],
  ['y', 365 * 86_400 * secondMs],
]);

interface DurationOptions {
  /** As the person would write it. */
  readonly min?: string;
  readonly max?: string;
  /** Whether `forever` is allowed; it becomes Infinity. */
  readonly forever?: true;
}

/** `27s`, `5m`, `2h`, `7d`, `1y` (365 days), in milliseconds. */
export function durationMs({ min = '1s', max = '100y', forever }: DurationOptions = {}) {
  const [minMs = 0, maxMs = 0] = [parseDuration(min), parseDuration(max)];
  const range = min === '1s' && max === '100y' ? '' : `, from ${min} to ${max}`;
  return scalar({
    expected: `a duration such as 27s, 5m, 2h, 7d, 1y${forever ? ' or forever' : ''}${range}`,
    parse: (written) => {
      if (forever && written === 'forever') return Number.POSITIVE_INFINITY;
      const value = parseDuration(written);
      return value !== undefined && value >= minMs && value <= maxMs ? value : undefined;
    },
    jsonSchema: { pattern: `^([0-9]{1,6}[smhdy]${forever ? '|forever' : ''})$` },
  });
}

/** Milliseconds of `27s`; `undefined` when it is none. */
export function parseDuration(written: string): number | undefined {
  const [, count, unit] = /^([0-9]{1,6})([smhdy])$/.exec(written) ?? [];
  const factor = unitMs.get(unit ?? '');
  return factor === undefined ? undefined : Number(count) * factor;
}

const sizeUnits: ReadonlyMap<string, number> = new Map([
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
  ['TiB', 2 ** 40],
]);

/** `64MiB`, `20GiB`, in bytes. */
export function sizeBytes({ min = '1KiB', max = '1000TiB' }: { min?: string; max?: string } = {}) {
  const [bytesMin = 0, bytesMax = 0] = [parseSize(min), parseSize(max)];
  return scalar({
    expected: `a size such as 64MiB or 20GiB${min === '1KiB' ? '' : `, at least ${min}`}`,
    parse: (written) => {
      const value = parseSize(written);
      return value !== undefined && value >= bytesMin && value <= bytesMax ? value : undefined;
    },
    jsonSchema: { pattern: '^[0-9]{1,6}[KMGT]iB$' },
  });
}

export function parseSize(written: string): number | undefined {
  const [, count, unit] = /^([0-9]{1,6})([KMGT]iB)$/.exec(written) ?? [];
  const factor = sizeUnits.get(unit ?? '');
  return factor === undefined ? undefined : Number(count) * factor;
}
