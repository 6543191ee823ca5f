// MindFreeze/hassio-axpert: ratings and settings (QPIRI), with the texts of that program.

import type { RecordDefinition } from '../device.ts';
import { gauge } from '../field.ts';
import { deviceOf } from './axpert.ts';
import { type Entries, entry, number, text, word } from './entries.ts';
import { entriesOf, type Rule, translated } from './translation.ts';

const of = (key: string) => entry(key, number);
const said = (key: string) => entry(key, text);

const settings: RecordDefinition<Entries> = {
  kind: 'inverter',
  about: 'hassio-axpert, topic power/axpert_settings',
  fields: {
    ac_input_voltage_rated: gauge(of('AcInputVoltage'), { unit: 'V' }),
    ac_input_current_rated: gauge(of('AcInputCurrent'), { unit: 'A' }),
    ac_output_voltage_rated: gauge(of('AcOutputVoltage'), { unit: 'V' }),
    ac_output_frequency_rated: gauge(of('AcOutputFrequency'), { unit: 'Hz' }),
    ac_output_current_rated: gauge(of('AcOutputCurrent'), { unit: 'A' }),
    ac_output_apparent_power_rated: gauge(of('AcOutputApparentPower'), { unit: 'VA' }),
    ac_output_power_rated: gauge(of('AcOutputActivePower'), { unit: 'W' }),
    battery_voltage_rated: gauge(of('BatteryVoltage'), { unit: 'V' }),
    setting_battery_recharge_voltage: gauge(of('BatteryRechargeVoltage'), { unit: 'V' }),
    setting_battery_cutoff_voltage: gauge(of('BatteryUnderVoltage'), { unit: 'V' }),
    setting_battery_absorption_voltage: gauge(of('BatteryBulkVoltage'), { unit: 'V' }),
    setting_battery_float_voltage: gauge(of('BatteryFloatVoltage'), { unit: 'V' }),
    setting_battery_type: word(said('BatteryType'), {
      AGM: 'agm',
      Flooded: 'flooded',
      User: 'user',
      Pylontech: 'pylontech',
      Shinheung: 'shinheung',
      WECO: 'weco',
      Soltaro: 'soltaro',
      BAK: 'bak',
      LIb: 'lib',
      LIC: 'lic',
    }),
    setting_battery_charge_current_max_ac: gauge(of('MaxAcChargingCurrent'), { unit: 'A' }),
    setting_battery_charge_current_max: gauge(of('MaxChargingCurrent'), { unit: 'A' }),
    setting_ac_input_range: word(said('InputVoltageRange'), { Appliance: 'appliance', UPS: 'narrow' }),
    setting_output_source_priority: word(said('OutputSourcePriority'), {
      utility: 'utility_solar_battery',
      solar: 'solar_utility_battery',
      battery: 'solar_battery_utility',
    }),
    setting_charger_source_priority: word(said('ChargerSourcePriority'), {
      'utility first': 'utility_first',
      'solar first': 'solar_first',
      'solar + utility': 'solar_and_utility',
      'solar only': 'solar_only',
    }),
    parallel_unit_count_max: gauge(of('MaxParallelUnits'), {}),
    machine_type: word(
      said('MachineType'),
      { 'Grid tie': 'grid_tie', 'Off Grid': 'off_grid', Hybrid: 'hybrid' },
      { kind: 'info' },
    ),
    topology: word(
      said('Topology'),
      { transformerless: 'transformerless', transformer: 'transformer' },
      { kind: 'info' },
    ),
    setting_ac_output_mode: word(said('OutputMode'), {
      'single machine output': 'single',
      'parallel output': 'parallel',
      'Phase 1 of 3 Phase output': 'phase_1_of_3',
      'Phase 2 of 3 Phase output': 'phase_2_of_3',
      'Phase 3 of 3 Phase output': 'phase_3_of_3',
    }),
    setting_battery_redischarge_voltage: gauge(of('BatteryRedischargeVoltage'), { unit: 'V' }),
    setting_pv_ok_condition: word(said('PvOkCondition'), {
      'As long as one unit of inverters has connect PV, parallel system will consider PV OK': 'any_unit',
      'Only All of inverters have connect PV, parallel system will consider PV OK': 'all_units',
    }),
    setting_pv_power_balance: word(said('PvPowerBalance'), {
      'PV input max current will be the max charged current': 'charge_current',
      'PV input max power will be the sum of the max charged power and loads power': 'charge_and_load',
    }),
    setting_absorption_time: gauge(of('MaxBatteryCvChargingTime'), { unit: 's', scale: 60 }),
  },
};

export const axpertSettings: Rule = {
  records: { 'axpert-settings': settings },
  topic: /^power\/axpert_settings$/,
  translate: ({ json }, { axpertUnit }) => {
    const entries = entriesOf(json);
    if (!entries?.has('BatteryRechargeVoltage'))
      return { unfit: 'an object with BatteryRechargeVoltage was expected' };
    if (axpertUnit === undefined) {
      return { unfit: 'which inverter these settings are of is only known once power/axpert has named it' };
    }
    return translated(['axpert-settings', settings], deviceOf(axpertUnit), entries);
  },
};
