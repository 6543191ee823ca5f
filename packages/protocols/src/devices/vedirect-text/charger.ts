// VE.Direct text of AC chargers. "VE.Direct Protocol", 3.34, tables of Phoenix and Blue Smart charger; HC# from captures.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { flag, flags, gauge, info, state } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import { victronErrors, victronModes, victronOffReasons, victronStates } from '../victron-codes.ts';
import { code, decimal, hexadecimal, identity, onOff, words } from './labels.ts';

export const charger: RecordDefinition<Block> = {
  kind: 'charger',
  about: 'Blue Smart and Phoenix Smart charger',
  fields: {
    ...identity,
    hardware_version: info(words('HC#')),
    battery_voltage: gauge(decimal('V'), { unit: 'V', scale: 0.001 }),
    battery_voltage_2: gauge(decimal('V2'), { unit: 'V', scale: 0.001 }),
    battery_voltage_3: gauge(decimal('V3'), { unit: 'V', scale: 0.001 }),
    battery_current: gauge(decimal('I'), { unit: 'A', scale: 0.001 }),
    battery_current_2: gauge(decimal('I2'), { unit: 'A', scale: 0.001 }),
    battery_current_3: gauge(decimal('I3'), { unit: 'A', scale: 0.001 }),
    battery_temperature: gauge(decimal('T'), { unit: '°C' }),
    relay_on: flag(onOff('Relay')),
    off_reasons: flags(hexadecimal('OR'), victronOffReasons),
    device_error: state(code('ERR'), victronErrors, { na: 0xff, problem: true }),
    charge_state: state(code('CS'), victronStates, { na: 0xff }),
    setting_device_mode: state(code('MODE'), victronModes),
  },
  computed: [batteryPower],
};
