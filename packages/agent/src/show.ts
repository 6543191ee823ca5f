// Values for the eye: the same words and units wherever the agent prints a reading.

import { describeField, type Value, type Values } from '@wattline/protocols';

export function formatValue(value: Value): string {
  if (value === null) return 'unknown';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'object') return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
}

/** Rows of field, value, unit. */
export const formatValues = (values: Values): string[][] =>
  Object.entries(values).map(([field, value]) => [
    field,
    formatValue(value),
    value === null ? '' : (describeField(field)?.unit ?? ''),
  ]);
