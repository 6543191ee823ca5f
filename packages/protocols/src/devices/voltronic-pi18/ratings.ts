// Voltronic PI18, PIRI: ratings and settings. 25 columns in the vendor's table, real units send 26. Codes of priorities and
// of the machine are not those of PI30.

import type { RecordDefinition } from '../../device.ts';
import { gauge, info, state } from '../../field.ts';
import { askPi18 } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { looks, pi18Columns, pi18Shape, value } from '../voltronic-columns.ts';
import {
  voltronicBatteryTypes,
  voltronicInputRanges,
  voltronicOutputModes,
  voltronicTopologies,
  wordOf,
} from '../voltronic-words.ts';
import { tenths } from './shared.ts';

const { code } = looks;
const isRatings = pi18Shape({
  least: 24,
  looks: {
    0: /^\d{3,4}$/,
    7: /^\d{3}$/,
    13: code,
    16: code,
    17: code,
    18: code,
    20: code,
    21: code,
    22: code,
    23: code,
  },
});

export const ratings: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'ratings and settings',
  asked: askPi18('007PIRI', isRatings),
  parse: pi18Columns,
  turn: { everyMs: 300_000 },
  fields: {
    ac_input_voltage_rated: tenths(0, 'V'),
    ac_input_current_rated: tenths(1, 'A'),
    ac_output_voltage_rated: tenths(2, 'V'),
    ac_output_frequency_rated: tenths(3, 'Hz'),
    ac_output_current_rated: tenths(4, 'A'),
    ac_output_apparent_power_rated: gauge(value(5), { unit: 'VA' }),
    ac_output_power_rated: gauge(value(6), { unit: 'W' }),
    battery_voltage_rated: tenths(7, 'V'),
    setting_battery_recharge_voltage: tenths(8, 'V'),
    setting_battery_redischarge_voltage: tenths(9, 'V'),
    setting_battery_cutoff_voltage: tenths(10, 'V'),
    setting_battery_absorption_voltage: tenths(11, 'V'),
    setting_battery_float_voltage: tenths(12, 'V'),
    setting_battery_type: state(value(13), voltronicBatteryTypes),
    setting_battery_charge_current_max_ac: gauge(value(14), { unit: 'A' }),
    setting_battery_charge_current_max: gauge(value(15), { unit: 'A' }),
    setting_ac_input_range: state(value(16), voltronicInputRanges),
    setting_output_source_priority: state(value(17), {
      0: 'solar_utility_battery',
      1: 'solar_battery_utility',
    }),
    setting_charger_source_priority: state(value(18), {
      0: 'solar_first',
      1: 'solar_and_utility',
      2: 'solar_only',
    }),
    parallel_unit_count_max: gauge(value(19), {}),
    machine_type: info(value(20), { convert: wordOf({ 0: 'off_grid', 1: 'grid_tie' }) }),
    topology: info(value(21), { convert: wordOf(voltronicTopologies) }),
    setting_ac_output_mode: state(value(22), voltronicOutputModes),
    setting_solar_power_priority: state(value(23), {
      0: 'battery_load_utility',
      1: 'load_battery_utility',
    }),
    pv_tracker_count: gauge(value(24), {}),
  },
};
