// How a value reads: decided by its unit, its kind and its size, never by its name.

import type { Unit, Value } from '@wattline/protocols';
import { type Digits, type Words, whole } from '../words/words.ts';

/** A number and its unit, or words. */
export interface Shown {
  readonly text: string;
  readonly unit?: string;
}

interface Reading {
  readonly value: Value;
  readonly unit?: Unit | undefined;
  /** ±1 where the value takes part in the site's watts: shown from the site's point of view, with its sign. */
  readonly sign?: 1 | -1 | undefined;
}

export function showValue(words: Words, { value, unit, sign }: Reading): Shown {
  if (value === null) return { text: words.say('unknown') };
  if (typeof value === 'boolean') return { text: words.say(value ? 'yes' : 'no') };
  if (typeof value === 'string') return { text: sentence(value) };
  if (typeof value !== 'number') {
    return { text: value.length === 0 ? words.say('none') : value.map(sentence).join(', ') };
  }
  return showNumber(words, value * (sign ?? 1), unit, sign !== undefined);
}

export function showNumber(words: Words, value: number, unit?: Unit, signed = false): Shown {
  if (unit === 's') return { text: words.span(Math.round(value)) };
  const [scaled, shownUnit] = inUnit(value, unit);
  const text = words.number(scaled, digitsOf(Math.abs(scaled), shownUnit), signed);
  return shownUnit === undefined ? { text } : { text, unit: shownUnit };
}

/** The number that its text says: 0.04 W reads as 0. */
export function roundedAsShown(value: number, unit?: Unit): number {
  const [scaled, shownUnit] = inUnit(value, unit);
  return Number(scaled.toFixed(digitsOf(Math.abs(scaled), shownUnit).most));
}

/** Number and unit in one line of text, with a space that does not break. */
export const inline = ({ text, unit }: Shown): string => (unit === undefined ? text : `${text}\u00a0${unit}`);

/** The unit that suits an axis up to `highest`, and by what its values are divided. */
export function scaleOf(
  highest: number,
  unit: Unit | undefined,
): { divisor: number; unit: string | undefined } {
  if (unit === 's') {
    if (highest >= 7200) return { divisor: 3600, unit: 'h' };
    return highest >= 120 ? { divisor: 60, unit: 'min' } : { divisor: 1, unit };
  }
  const [scaled, shown] = inUnit(highest, unit);
  return { divisor: highest === 0 ? 1 : highest / scaled, unit: shown };
}

function inUnit(value: number, unit: Unit | undefined): [number, string | undefined] {
  const size = Math.abs(value);
  if (unit === 'Wh' && size >= 1000) return [value / 1000, 'kWh'];
  if (unit === 'V' && size > 0 && size < 0.1) return [value * 1000, 'mV'];
  if (unit === 'Ω' && size > 0 && size < 1) return [value * 1000, 'mΩ'];
  return [value, unit];
}

const exactly = (digits: number): Digits => ({ least: digits, most: digits });
const upTo = (digits: number): Digits => ({ least: 0, most: digits });

function digitsOf(size: number, unit: string | undefined): Digits {
  switch (unit) {
    case 'W':
    case 'VA':
    case 'var':
      return size < 10 ? upTo(1) : whole;
    case 'V':
      return exactly(size > 0 && size < 10 ? 3 : size < 100 ? 2 : 1);
    case 'A':
      return exactly(size > 0 && size < 1 ? 2 : 1);
    case 'kWh':
      return size < 1000 ? exactly(1) : whole;
    case 'Wh':
    case 'mV':
    case 'W/m²':
    case 'rpm':
    case 'dBm':
      return whole;
    case 'Hz':
      return exactly(2);
    case '%':
    case '°C':
    case 'Ah':
    case 'mΩ':
      return upTo(1);
    default:
      return upTo(2);
  }
}

/** `battery_voltage_low` → Battery voltage low; text that is no code stays as it is. */
export function sentence(code: string): string {
  if (!/^[a-z][a-z0-9_]*$/.test(code)) return code;
  const words = code.split('_').map((word) => (abbreviations.has(word) ? word.toUpperCase() : word));
  const text = words.join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The only ones of the vocabulary. */
const abbreviations = new Set(['ac', 'dc', 'pv', 'bms', 'mos']);
