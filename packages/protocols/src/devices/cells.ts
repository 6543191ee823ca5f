// The lowest and highest cell of a battery, from its cell voltages. A record that cannot express every voltage says in
// `cells_under_range` and `cells_over_range` which cells are beyond: the extreme is then not known.

import type { Computed } from '../device.ts';
import type { Codes, Value, Values } from '../field.ts';

/** A bit for each cell, the lowest for the first. */
export const cellNames = (count: number): Codes =>
  Object.fromEntries(Array.from({ length: count }, (_, bit) => [bit, `cell_${bit + 1}`]));

const prefix = 'cell_voltage_';

/** A number follows, not `min`. */
function isCell(name: string): boolean {
  if (!name.startsWith(prefix) || name.length === prefix.length) return false;
  for (let index = prefix.length; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

interface Extremes {
  readonly of: Values;
  readonly lowest: number | null;
  readonly highest: number | null;
}

let last: Extremes | undefined;

/** All three ask one after the other: the cells are walked for the first of them. */
function extremesOf(values: Values): Extremes {
  if (last?.of === values) return last;
  let lowest: number | null = null;
  let highest: number | null = null;
  for (const name in values) {
    if (!isCell(name)) continue;
    const voltage = values[name];
    if (typeof voltage !== 'number') continue;
    if (lowest === null || voltage < lowest) lowest = voltage;
    if (highest === null || voltage > highest) highest = voltage;
  }
  last = { of: values, lowest, highest };
  return last;
}

/** Of cells that may be beyond what the record can say the extreme is not known. */
const isExpressed = (cells: Value | undefined): boolean =>
  cells === undefined || (Array.isArray(cells) && cells.length === 0);

const min = (values: Values) => (isExpressed(values['cells_under_range']) ? extremesOf(values).lowest : null);
const max = (values: Values) => (isExpressed(values['cells_over_range']) ? extremesOf(values).highest : null);

export const cellVoltageMin: Computed = { field: 'cell_voltage_min', kind: 'gauge', unit: 'V', from: min };
export const cellVoltageMax: Computed = { field: 'cell_voltage_max', kind: 'gauge', unit: 'V', from: max };
export const cellVoltageDifference: Computed = {
  field: 'cell_voltage_difference',
  kind: 'gauge',
  unit: 'V',
  from: (values) => {
    const lowest = min(values);
    const highest = max(values);
    if (lowest === null || highest === null) return null;
    return (Math.round(highest * 1000) - Math.round(lowest * 1000)) / 1000;
  },
};
