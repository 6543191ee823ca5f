// Parameters of a request: parsed at the edge, refused with what was expected.

import * as z from 'zod';
import { RequestError } from './errors.ts';

/** @throws RequestError 400 that names every parameter that is wrong, what was expected and what came. */
export function parseRequest<Shape extends z.ZodType>(shape: Shape, given: unknown): z.output<Shape> {
  const parsed = shape.safeParse(given, { reportInput: true });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message, input }) => {
    const came = input === undefined ? 'it is missing' : `got ${shorten(JSON.stringify(input))}`;
    return `${path.join('.') || 'request'}: ${message}, ${came}`;
  });
  throw new RequestError(400, 'parameter', faults.join('; '));
}

const shownLengthMax = 60;
const shorten = (text: string): string =>
  text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text;

const unitsMs: { readonly [unit: string]: number } = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/** Beyond it `Date` knows no day. */
const timeMsMax = 8_640_000_000_000_000;

/** ms since 1970, an ISO date or time, `now`, or a span before now as in `-24h`. `undefined`: none of them. */
export function parseTime(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs;
  const span = /^-(\d{1,9})([smhdwy])$/.exec(text);
  const time = span
    ? nowMs - Number(span[1]) * (unitsMs[span[2] ?? ''] ?? Number.NaN)
    : /^\d{1,16}$/.test(text)
      ? Number(text)
      : /^\d{4}-\d{2}-\d{2}/.test(text)
        ? Date.parse(text)
        : Number.NaN;
  return time >= 0 && time <= timeMsMax ? time : undefined;
}

/** A time in a query, with its default in the same words. */
function timeParameter(nowMs: number, fallback: string) {
  const expected = 'expected ms since 1970, an ISO time, "now" or a span such as "-24h"';
  return z
    .string({ error: expected })
    .default(fallback)
    .transform((text, context) => {
      const time = parseTime(text, nowMs);
      if (time !== undefined) return time;
      context.addIssue({ code: 'custom', message: expected, input: text });
      return z.NEVER;
    });
}

/** `from` and `to`; from must come first. */
export function spanParameters(nowMs: number, fallbackFrom: string) {
  return { from: timeParameter(nowMs, fallbackFrom), to: timeParameter(nowMs, 'now') };
}

export function wholeNumber(min: number, max: number, fallback: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z
    .string({ error: expected })
    .default(String(fallback))
    .transform((text, context) => {
      const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (number >= min && number <= max) return number;
      context.addIssue({ code: 'custom', message: expected, input: text });
      return z.NEVER;
    });
}

export function requireOrder({ from, to }: { readonly from: number; readonly to: number }): void {
  if (from < to) return;
  const message = `from (${new Date(from).toISOString()}) must be before to (${new Date(to).toISOString()})`;
  throw new RequestError(400, 'parameter', message);
}
