// The lowest and highest cell of a battery, from its cell voltages. A record that cannot express every voltage says in
// `cells_under_range` and `cells_over_range` which cells are beyond: the extreme is then not known.

import type { Computed } from '../device.ts';
import type { Values } from '../field.ts';

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

/** @param sign −1: of the lowest. Of cells that may be beyond what the record can say the extreme is not known. */
function extreme(values: Values, beyond: string, sign: 1 | -1): number | null {
  const cells = values[beyond];
  if (cells !== undefined && !(Array.isArray(cells) && cells.length === 0)) return null;
  let found: number | null = null;
  for (const name in values) {
    const voltage = values[name];
    if (typeof voltage !== 'number' || !isCell(name)) continue;
    if (found === null || (voltage - found) * sign > 0) found = voltage;
  }
  return found;
}

const min = (values: Values) => extreme(values, 'cells_under_range', -1);
const max = (values: Values) => extreme(values, 'cells_over_range', 1);

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
