// JBD: what its bits mean. Communication protocol V11.

import type { Codes } from '../../field.ts';

/** Bit 12 is no fault and stands by itself, 15 is reserved. */
export const jbdProtections: Codes = {
  0: 'cell_voltage_high',
  1: 'cell_voltage_low',
  2: 'battery_voltage_high',
  3: 'battery_voltage_low',
  4: 'charge_temperature_high',
  5: 'charge_temperature_low',
  6: 'discharge_temperature_high',
  7: 'discharge_temperature_low',
  8: 'charge_current_high',
  9: 'discharge_current_high',
  10: 'short_circuit',
  11: 'front_end_failure',
  13: 'charge_mos_failure',
  14: 'discharge_mos_failure',
};

export const jbdWarnings: Codes = {
  0: 'cell_voltage_high',
  1: 'cell_voltage_low',
  2: 'battery_voltage_high',
  3: 'battery_voltage_low',
  4: 'charge_temperature_high',
  5: 'charge_temperature_low',
  6: 'discharge_temperature_high',
  7: 'discharge_temperature_low',
  8: 'charge_current_high',
  9: 'discharge_current_high',
  10: 'cell_voltage_difference_high',
  11: 'capacity_low',
};
