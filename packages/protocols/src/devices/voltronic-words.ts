// Codes that Voltronic's protocols share, and what follows from their values.

import type { Computed } from '../device.ts';
import type { Codes } from '../field.ts';

/** QMOD. Older texts list G for line. */
export const voltronicModes: Codes = {
  P: 'power_on',
  S: 'standby',
  L: 'line',
  B: 'battery',
  F: 'fault',
  H: 'power_saving',
  D: 'shutdown',
  C: 'charging',
  Y: 'bypass',
  E: 'economy',
  G: 'line',
};

export const voltronicPi18Modes: Codes = {
  0: 'power_on',
  1: 'standby',
  2: 'bypass',
  3: 'battery',
  4: 'fault',
  5: 'line',
  6: 'charging',
};

export const voltronicFaults: Codes = {
  0: 'none',
  1: 'fan_locked',
  2: 'temperature_high',
  3: 'battery_voltage_high',
  4: 'battery_voltage_low',
  5: 'ac_output_short_circuit',
  6: 'ac_output_voltage_high',
  7: 'overload_timeout',
  8: 'dc_bus_voltage_high',
  9: 'dc_bus_soft_start',
  10: 'pv_current_high',
  11: 'pv_voltage_high',
  12: 'dc_converter_current_high',
  13: 'battery_discharge_current_high',
  51: 'current_high',
  52: 'dc_bus_voltage_low',
  53: 'inverter_soft_start',
  54: 'self_test',
  55: 'ac_output_dc_voltage_high',
  56: 'battery_disconnected',
  57: 'current_sensor',
  58: 'ac_output_voltage_low',
  59: 'pv_voltage_high_2',
  60: 'power_feedback',
  71: 'firmware_mismatch',
  72: 'current_sharing',
  80: 'bus_communication',
  81: 'host_lost',
  82: 'synchronization_lost',
  83: 'battery_voltage_mismatch',
  84: 'ac_input_mismatch',
  85: 'ac_output_current_unbalanced',
  86: 'ac_output_mode_mismatch',
};

export const voltronicBatteryTypes: Codes = {
  0: 'agm',
  1: 'flooded',
  2: 'user',
  3: 'pylontech',
  4: 'shinheung',
  5: 'weco',
  6: 'soltaro',
  7: 'bak',
  8: 'lib',
  9: 'lic',
};

export const voltronicInputRanges: Codes = { 0: 'appliance', 1: 'narrow' };

export const voltronicOutputPriorities: Codes = {
  0: 'utility_solar_battery',
  1: 'solar_utility_battery',
  2: 'solar_battery_utility',
};

export const voltronicChargerPriorities: Codes = {
  0: 'utility_first',
  1: 'solar_first',
  2: 'solar_and_utility',
  3: 'solar_only',
};

export const voltronicOutputModes: Codes = {
  0: 'single',
  1: 'parallel',
  2: 'phase_1_of_3',
  3: 'phase_2_of_3',
  4: 'phase_3_of_3',
  5: 'phase_1_of_2',
  6: 'phase_2_of_2_120_degrees',
  7: 'phase_2_of_2_180_degrees',
};

export const voltronicPvOkConditions: Codes = { 0: 'any_unit', 1: 'all_units' };
export const voltronicPvBalances: Codes = { 0: 'charge_current', 1: 'charge_and_load' };
export const voltronicOperationLogics: Codes = { 0: 'automatic', 1: 'online', 2: 'economy' };
export const voltronicBatteryConditions: Codes = { 0: 'ok', 1: 'under_voltage', 2: 'open' };

export const voltronicTopologies: Codes = { 0: 'transformerless', 1: 'transformer' };

/** For what never changes: the word of a code. */
export const wordOf =
  (codes: Codes) =>
  (raw: string): string =>
    codes[raw] ?? `unknown_${raw.toLowerCase()}`;

/** Two magnitudes that are sent apart, as one current: charging is positive. */
export const netBatteryCurrent: Computed = {
  field: 'battery_current',
  kind: 'gauge',
  unit: 'A',
  from: ({ battery_charge_current: charge, battery_discharge_current: discharge }) => {
    if (charge === undefined || discharge === undefined) return undefined;
    if (typeof charge !== 'number' || typeof discharge !== 'number') return null;
    return (Math.round(charge * 1000) - Math.round(discharge * 1000)) / 1000;
  },
};

const powersOfTrackers = ['pv_power_1', 'pv_power_2', 'pv_power_3', 'pv_power_4'];

/** Of the trackers that are read; unknown where one of them is. */
export const pvPowerOfTrackers: Computed = {
  field: 'pv_power',
  kind: 'gauge',
  unit: 'W',
  from: (values) => {
    let sum: number | undefined;
    for (const name of powersOfTrackers) {
      const power = values[name];
      if (power === undefined) continue;
      if (typeof power !== 'number') return null;
      sum = (sum ?? 0) + power;
    }
    return sum;
  },
};
