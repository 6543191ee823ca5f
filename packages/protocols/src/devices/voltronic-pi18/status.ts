// Voltronic PI18, GS: general status, 28 columns. The state of charge is estimated from the voltage unless a BMS is connected.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { flag, gauge, info } from '../../field.ts';
import { askPi18 } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { looks, pi18Columns, pi18Shape, text, value } from '../voltronic-columns.ts';
import { netBatteryCurrent, pvPowerOfTrackers } from '../voltronic-words.ts';
import { directions, tenths } from './shared.ts';

const digits = /^\d{3,5}$/;
const isStatus = pi18Shape({
  least: 26,
  looks: {
    0: digits,
    2: digits,
    4: digits,
    7: digits,
    13: digits,
    18: digits,
    20: looks.code,
    21: looks.code,
    26: looks.code,
  },
});

export const status: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'general status',
  asked: askPi18('005GS', isStatus),
  parse: pi18Columns,
  fields: {
    ac_input_voltage: tenths(0, 'V'),
    ac_input_frequency: tenths(1, 'Hz'),
    ac_output_voltage: tenths(2, 'V'),
    ac_output_frequency: tenths(3, 'Hz'),
    ac_output_apparent_power: gauge(value(4), { unit: 'VA' }),
    ac_output_power: gauge(value(5), { unit: 'W' }),
    ac_output_load: gauge(value(6), { unit: '%' }),
    battery_voltage: tenths(7, 'V'),
    solar_charger_battery_voltage_1: tenths(8, 'V'),
    solar_charger_battery_voltage_2: tenths(9, 'V'),
    battery_discharge_current: gauge(value(10), { unit: 'A' }),
    battery_charge_current: gauge(value(11), { unit: 'A' }),
    state_of_charge: gauge(value(12), { unit: '%' }),
    heatsink_temperature: gauge(value(13), { unit: '°C' }),
    solar_charger_temperature_1: gauge(value(14), { unit: '°C' }),
    solar_charger_temperature_2: gauge(value(15), { unit: '°C' }),
    pv_power_1: gauge(value(16), { unit: 'W' }),
    pv_power_2: gauge(value(17), { unit: 'W' }),
    pv_voltage_1: tenths(18, 'V'),
    pv_voltage_2: tenths(19, 'V'),
    settings_changed: flag(value(20)),
    ...directions(21),
    parallel_unit_number: info(text(27)),
  },
  computed: [netBatteryCurrent, batteryPower, pvPowerOfTrackers],
};
