// Voltronic PI18: what GS and PGS have in common.

import { type Field, type Fields, flag, gauge, state, type Unit } from '../../field.ts';
import type { Columns } from '../../where.ts';
import { value } from '../voltronic-columns.ts';

export const tenths = (index: number, unit: Unit): Field<Columns, 'gauge'> =>
  gauge(value(index), { unit, scale: 0.1 });

const trackerStates = { 0: 'abnormal', 1: 'idle', 2: 'charging' };

/** Six columns of codes, one after the other. */
export const directions = (from: number): Fields<Columns> => ({
  solar_charger_state_1: state(value(from), trackerStates),
  solar_charger_state_2: state(value(from + 1), trackerStates),
  ac_output_on: flag(value(from + 2)),
  battery_state: state(value(from + 3), { 0: 'idle', 1: 'charging', 2: 'discharging' }),
  ac_converter_state: state(value(from + 4), { 0: 'idle', 1: 'ac_to_dc', 2: 'dc_to_ac' }),
  ac_input_state: state(value(from + 5), { 0: 'idle', 1: 'importing', 2: 'exporting' }),
});
