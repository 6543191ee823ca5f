// What a field is about, read from its name: names go from the general to the special, whole words first to last.

import { sentence } from './value.ts';

/** battery_voltage → battery; ac_output_power → ac_output. */
export function subjectOf(field: string): string {
  const [first = field, second] = field.split('_');
  return (first === 'ac' || first === 'dc') && second !== undefined ? `${first}_${second}` : first;
}

export const labelOf = (field: string): string => sentence(field);

/** The label under a heading that names the subject already: battery_voltage under Battery is Voltage. */
export function labelUnder(subject: string, field: string): string {
  const rest = field.startsWith(`${subject}_`) ? field.slice(subject.length + 1) : field;
  return sentence(/^\d/.test(rest) ? field : rest);
}

export type Hue = 'sun' | 'battery' | 'load' | 'grid' | 'plain';

const hues: readonly (readonly [RegExp, Hue])[] = [
  [/^(pv|irradiance|solar)/, 'sun'],
  [/^(battery|state_of|cell|pack|starter|time_to|alternator)/, 'battery'],
  [/^(ac_output|load|dc_output|inverter)/, 'load'],
  [/^(ac_input|feed_in)/, 'grid'],
];

/** The colour of the energy that a field is about. */
export const hueOf = (field: string): Hue => hues.find(([names]) => names.test(field))?.[1] ?? 'plain';

const quantities = /_(power|current)$/;

/**
 * The field whose share in the site's watts tells the direction of this one: a current flows the way its power does.
 * battery_current → battery_power; battery_power → itself; battery_voltage → none.
 */
export function flowFieldOf(field: string): string | undefined {
  return quantities.test(field) ? field.replace(quantities, '_power') : undefined;
}
