// Voltronic PI30, QPIGS: general status. 17 columns in 2014 (HS/MS), 21 in 2015, 24 on MAX and newer.
// REVO: 12 is the power of the panels, 15 their energy.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { flag, gauge, state } from '../../field.ts';
import { askPi30 } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { bits, looks, pi30Shape, text, value } from '../voltronic-columns.ts';
import { netBatteryCurrent } from '../voltronic-words.ts';
import { askUnlessRevo } from './revo.ts';

/** No heat sink of a running inverter is hotter. */
const temperatureMax = 150;

const isStatus = pi30Shape({
  least: 16,
  looks: {
    0: looks.decimal,
    2: looks.decimal,
    4: /^\d{4,5}$/,
    8: looks.decimal,
    11: /^-?\d{3,4}$/,
    13: looks.decimal,
    16: looks.eightBits,
    20: /^[01]{3}$/,
  },
});

export const status: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'general status',
  ...askUnlessRevo(askPi30('QPIGS', isStatus), 'asks for `QPIGS`', [12, 15]),
  fields: {
    ac_input_voltage: gauge(value(0), { unit: 'V' }),
    ac_input_frequency: gauge(value(1), { unit: 'Hz' }),
    ac_output_voltage: gauge(value(2), { unit: 'V' }),
    ac_output_frequency: gauge(value(3), { unit: 'Hz' }),
    ac_output_apparent_power: gauge(value(4), { unit: 'VA' }),
    ac_output_power: gauge(value(5), { unit: 'W' }),
    ac_output_load: gauge(value(6), { unit: '%' }),
    dc_bus_voltage: gauge(value(7), { unit: 'V' }),
    battery_voltage: gauge(value(8), { unit: 'V' }),
    battery_charge_current: gauge(value(9), { unit: 'A' }),
    state_of_charge: gauge(value(10), { unit: '%' }),
    heatsink_temperature: gauge(value(11), {
      unit: '°C',
      convert: (raw) => (raw > temperatureMax ? null : raw),
    }),
    pv_current_1: gauge(value(12), { unit: 'A' }),
    pv_voltage_1: gauge(value(13), { unit: 'V' }),
    solar_charger_battery_voltage_1: gauge(value(14), { unit: 'V' }),
    battery_discharge_current: gauge(value(15), { unit: 'A' }),
    settings_changed: flag(bits(16, 1)),
    ac_output_on: flag(bits(16, 3)),
    battery_voltage_steady: flag(bits(16, 4)),
    charging: flag(bits(16, 5)),
    charging_from_pv: flag(bits(16, 6)),
    charging_from_ac: flag(bits(16, 7)),
    setting_fan_voltage_offset: gauge(value(17), { unit: 'V', scale: 0.01 }),
    pv_power_1: gauge(value(19), { unit: 'W' }),
    charging_float: flag(bits(20, 0)),
    device_on: flag(bits(20, 1)),
    feed_in_active: flag(value(21)),
    setting_grid_country: state(text(22), { '00': 'india', '01': 'germany', '02': 'south_america' }),
    feed_in_power: gauge(value(23), { unit: 'W' }),
  },
  computed: [netBatteryCurrent, batteryPower],
};
