// How night and the limits of values are written: 21:30, degrees, 40..60.

import { describeField } from '@wattline/protocols';
import { type Limits, limitsOfUnits } from '../reading/plausible.ts';

export const timeOfDayPattern = /^([01]?\d|2[0-3]):([0-5]\d)$/;

/** In minutes since midnight. */
export function parseTimeOfDay(written: string): number | undefined {
  const [, hours, minutes] = timeOfDayPattern.exec(written) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

export function parseDegrees(written: string, most: number): number | undefined {
  const value = /^-?\d+(\.\d+)?$/.test(written) ? Number(written) : Number.NaN;
  return Math.abs(value) <= most ? value : undefined;
}

export function parseLimits(written: string): Limits | undefined {
  const number = String.raw`(-?\d+(?:\.\d+)?)`;
  const [, from, to] = new RegExp(`^${number}\\s*\\.\\.\\s*${number}$`).exec(written) ?? [];
  const [least, most] = [Number(from), Number(to)];
  return least <= most ? { least, most } : undefined;
}

/** By what a counter is multiplied. */
export function parseFactor(written: string): number | undefined {
  const factor = /^\d+(\.\d+)?$/.test(written) ? Number(written) : 0;
  return factor > 0 ? factor : undefined;
}

/** Either both times or both coordinates. Looks at no value: others may have been refused. */
export function checkNight(
  night: { readonly [key in 'from' | 'to' | 'latitude' | 'longitude']?: unknown },
  context: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
): void {
  const refuse = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [key], message });
  const pairs = [
    ['from', 'to'],
    ['latitude', 'longitude'],
  ] as const;
  const begun = pairs.filter(([one, other]) => (night[one] ?? night[other]) !== undefined);
  for (const [one, other] of begun) {
    if (night[one] === undefined) refuse(one, `missing; expected it beside ${other}`);
    if (night[other] === undefined) refuse(other, `missing; expected it beside ${one}`);
  }
  if (begun.length === 2)
    refuse('latitude', 'expected either from and to, or latitude and longitude, found both');
  if (begun.length === 0) refuse('from', 'missing; expected from and to, or latitude and longitude');
}

/** What is wrong with the key of a limit; `undefined`: nothing. */
export function explainLimitKey(key: string): string | undefined {
  if (key in limitsOfUnits) return undefined;
  const kind = describeField(key)?.kind;
  if (kind === 'gauge' || kind === 'counter') return undefined;
  const units = Object.keys(limitsOfUnits).join(' ');
  return `expected a field that is a number, or one of the units ${units}`;
}
