// VE.Direct text of inverters. "VE.Direct Protocol", 3.34, tables of Phoenix Inverter.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { flag, flags, gauge, state } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import { victronAlarmReasons, victronModes, victronOffReasons, victronStates } from '../victron-codes.ts';
import { code, decimal, hexadecimal, identity, onOff } from './labels.ts';

export const inverter: RecordDefinition<Block> = {
  kind: 'inverter',
  about: 'Phoenix Inverter',
  fields: {
    ...identity,
    battery_voltage: gauge(decimal('V'), { unit: 'V', scale: 0.001 }),
    battery_current: gauge(decimal('I'), { unit: 'A', scale: 0.001 }),
    relay_on: flag(onOff('Relay')),
    alarms: flags(code('AR'), victronAlarmReasons, { problem: true }),
    warnings: flags(code('WARN'), victronAlarmReasons, { problem: true }),
    off_reasons: flags(hexadecimal('OR'), victronOffReasons),
    device_state: state(code('CS'), victronStates, { na: 0xff }),
    setting_device_mode: state(code('MODE'), victronModes),
    ac_output_voltage: gauge(decimal('AC_OUT_V'), { unit: 'V', scale: 0.01 }),
    // Slightly negative without a load.
    ac_output_current: gauge(decimal('AC_OUT_I'), { unit: 'A', scale: 0.1 }),
    ac_output_apparent_power: gauge(decimal('AC_OUT_S'), { unit: 'VA' }),
  },
  computed: [batteryPower],
};
