// The lowest and highest cell of a battery, from its cell voltages. A record that cannot express every voltage says in
// `cells_under_range` and `cells_over_range` which cells are beyond: the extreme is then not known.

import type { Computed } from '../device.ts';
import type { Values } from '../field.ts';

const cellName = /^cell_voltage_\d+$/;

function extreme(values: Values, beyond: string, pick: (...voltages: number[]) => number): number | null {
  const cells = values[beyond];
  if (cells !== undefined && !(Array.isArray(cells) && cells.length === 0)) return null;
  const known: number[] = [];
  for (const name in values) {
    const voltage = values[name];
    if (typeof voltage === 'number' && cellName.test(name)) known.push(voltage);
  }
  return known.length === 0 ? null : pick(...known);
}

const min = (values: Values) => extreme(values, 'cells_under_range', Math.min);
const max = (values: Values) => extreme(values, 'cells_over_range', Math.max);

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
