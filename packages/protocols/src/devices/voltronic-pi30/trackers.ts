// Voltronic PI30, QPIGS2: the number of columns tells what they are. 3: the second tracker (MAX, VM III TWIN; a blank
// behind). 11: the second phase of a split-phase unit (PI41, LV5048). 12: the second and third tracker (text of 2015).

import type { RecordDefinition } from '../../device.ts';
import { gauge } from '../../field.ts';
import { askPi30, brief } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { looks, pi30Columns, pi30Shape, value } from '../voltronic-columns.ts';

const names: { readonly [columns: number]: string } = { 3: 'QPIGS2', 11: 'QPIGS2-PI41', 12: 'QPIGS2-2015' };

const common = { 0: looks.number, 1: looks.decimal };
const shapes = [
  pi30Shape({ least: 3, most: 3, looks: { ...common, 2: /^\d{4,5}$/ } }),
  pi30Shape({ least: 11, most: 11, looks: { ...common, 4: looks.number, 10: looks.eightBits } }),
  pi30Shape({ least: 12, most: 12, looks: { ...common, 4: looks.eightBits, 8: looks.decimal } }),
];
const exchange = askPi30('QPIGS2', (data) => shapes.some((shape) => shape(data)), brief);

const shared: Pick<RecordDefinition<Columns>, 'kind' | 'parse' | 'answers' | 'recordOf'> = {
  kind: 'inverter',
  parse: pi30Columns,
  answers: () => exchange,
  recordOf: ({ length }) => names[length] ?? 'QPIGS2',
};

export const secondTracker: RecordDefinition<Columns> = {
  ...shared,
  about: 'second tracker',
  asked: exchange,
  optional: true,
  fields: {
    pv_current_2: gauge(value(0), { unit: 'A' }),
    pv_voltage_2: gauge(value(1), { unit: 'V' }),
    pv_power_2: gauge(value(2), { unit: 'W' }),
  },
};

export const moreTrackers: RecordDefinition<Columns> = {
  ...shared,
  about: 'answer to QPIGS2 in 12 columns: second and third tracker',
  fields: {
    pv_current_2: gauge(value(0), { unit: 'A' }),
    pv_voltage_2: gauge(value(1), { unit: 'V' }),
    solar_charger_battery_voltage_2: gauge(value(2), { unit: 'V' }),
    pv_power_2: gauge(value(3), { unit: 'W' }),
    ac_charge_current: gauge(value(5), { unit: 'A' }),
    pv_current_3: gauge(value(7), { unit: 'A' }),
    pv_voltage_3: gauge(value(8), { unit: 'V' }),
    solar_charger_battery_voltage_3: gauge(value(9), { unit: 'V' }),
    pv_power_3: gauge(value(10), { unit: 'W' }),
    pv_power: gauge(value(11), { unit: 'W' }),
  },
};

export const secondPhase: RecordDefinition<Columns> = {
  ...shared,
  about: 'answer to QPIGS2 in 11 columns: second phase',
  fields: {
    ac_input_voltage_phase_2: gauge(value(0), { unit: 'V' }),
    ac_input_frequency_phase_2: gauge(value(1), { unit: 'Hz' }),
    ac_output_voltage_phase_2: gauge(value(2), { unit: 'V' }),
    ac_output_frequency_phase_2: gauge(value(3), { unit: 'Hz' }),
    ac_output_apparent_power_phase_2: gauge(value(4), { unit: 'VA' }),
    ac_output_power_phase_2: gauge(value(5), { unit: 'W' }),
    ac_output_load_phase_2: gauge(value(6), { unit: '%' }),
    pv_current_2: gauge(value(7), { unit: 'A' }),
    pv_voltage_2: gauge(value(8), { unit: 'V' }),
    solar_charger_battery_voltage_2: gauge(value(9), { unit: 'V' }),
  },
};
