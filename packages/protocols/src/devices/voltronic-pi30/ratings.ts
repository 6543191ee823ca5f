// Voltronic PI30, QPIRI: ratings and settings. 25, 27 or 28 columns. REVO: 8 is the low alarm, 13 the current of all chargers.

import type { RecordDefinition } from '../../device.ts';
import { type Codes, gauge, info, state } from '../../field.ts';
import { askPi30 } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { looks, pi30Shape, text, value } from '../voltronic-columns.ts';
import {
  voltronicBatteryTypes,
  voltronicChargerPriorities,
  voltronicInputRanges,
  voltronicOperationLogics,
  voltronicOutputModes,
  voltronicOutputPriorities,
  voltronicPvBalances,
  voltronicPvOkConditions,
  voltronicTopologies,
  wordOf,
} from '../voltronic-words.ts';
import { askUnlessRevo } from './revo.ts';

const machines: Codes = {
  '00': 'grid_tie',
  '01': 'off_grid',
  '10': 'hybrid',
  '11': 'off_grid_two_trackers',
  '20': 'off_grid_three_trackers',
};

/** Some firmware says so that the time is up to the inverter, others with 0. */
const automatic = 255;

const { code, decimal } = looks;
const isRatings = pi30Shape({
  least: 17,
  looks: {
    0: decimal,
    2: decimal,
    3: decimal,
    7: decimal,
    8: decimal,
    9: decimal,
    10: decimal,
    11: decimal,
    12: code,
    15: code,
    16: code,
    17: code,
  },
});

export const ratings: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'ratings and settings',
  ...askUnlessRevo(askPi30('QPIRI', isRatings), 'asks for `QPIRI`', [8, 13]),
  turn: { everyMs: 300_000 },
  fields: {
    ac_input_voltage_rated: gauge(value(0), { unit: 'V' }),
    ac_input_current_rated: gauge(value(1), { unit: 'A' }),
    ac_output_voltage_rated: gauge(value(2), { unit: 'V' }),
    ac_output_frequency_rated: gauge(value(3), { unit: 'Hz' }),
    ac_output_current_rated: gauge(value(4), { unit: 'A' }),
    ac_output_apparent_power_rated: gauge(value(5), { unit: 'VA' }),
    ac_output_power_rated: gauge(value(6), { unit: 'W' }),
    battery_voltage_rated: gauge(value(7), { unit: 'V' }),
    setting_battery_recharge_voltage: gauge(value(8), { unit: 'V' }),
    setting_battery_cutoff_voltage: gauge(value(9), { unit: 'V' }),
    setting_battery_absorption_voltage: gauge(value(10), { unit: 'V' }),
    setting_battery_float_voltage: gauge(value(11), { unit: 'V' }),
    setting_battery_type: state(value(12), voltronicBatteryTypes),
    setting_battery_charge_current_max_ac: gauge(value(13), { unit: 'A' }),
    setting_battery_charge_current_max: gauge(value(14), { unit: 'A' }),
    setting_ac_input_range: state(value(15), voltronicInputRanges),
    setting_output_source_priority: state(value(16), voltronicOutputPriorities),
    setting_charger_source_priority: state(value(17), voltronicChargerPriorities),
    parallel_unit_count_max: gauge(value(18), {}),
    machine_type: info(text(19), { convert: wordOf(machines) }),
    topology: info(value(20), { convert: wordOf(voltronicTopologies) }),
    setting_ac_output_mode: state(value(21), voltronicOutputModes),
    setting_battery_redischarge_voltage: gauge(value(22), { unit: 'V' }),
    setting_pv_ok_condition: state(value(23), voltronicPvOkConditions),
    setting_pv_power_balance: state(value(24), voltronicPvBalances),
    setting_absorption_time: gauge(value(25), {
      unit: 's',
      convert: (raw) => (raw === automatic ? 0 : raw * 60),
    }),
    setting_operation_logic: state(value(26), voltronicOperationLogics),
    setting_battery_discharge_current_max: gauge(value(27), { unit: 'A' }),
  },
};
