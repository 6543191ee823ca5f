// Whether values can be true. A key that begins like the right one passes the device's own check and gives random
// numbers: most of them show as codes that no device sends, or as shares beyond 100 %.

import { describeField, type Unit, type Value, type Values } from '@wattline/protocols';

const ranges: { readonly [unit in Unit]?: readonly [least: number, most: number] } = {
  // Deviations are shares too.
  '%': [-100, 100],
  '°C': [-60, 150],
};

/** Fields with their values that no device of sense has. */
export const doubtful = (values: Values): string[] =>
  Object.entries(values).flatMap(([field, value]) => {
    const unit = describeField(field)?.unit;
    return isDoubtful(value, unit) ? [`${field} ${value}${unit === undefined ? '' : ` ${unit}`}`] : [];
  });

function isDoubtful(value: Value, unit: Unit | undefined): boolean {
  if (typeof value === 'number') {
    const [least, most] = (unit && ranges[unit]) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    return value < least || value > most;
  }
  const words = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
  return words.some((word) => word.startsWith('unknown_'));
}
