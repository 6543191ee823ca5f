// VE.Direct text of inverters with solar input. "VE.Direct Protocol", 3.34, tables of Inverter RS and Multi RS.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { flag, flags, gauge, state } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import { victronErrors, victronModes, victronOffReasons, victronStates } from '../victron-codes.ts';
import { code, decimal, hexadecimal, identity, onOff } from './labels.ts';
import { solarHistory } from './solar-history.ts';

export const multiRs: RecordDefinition<Block> = {
  kind: 'inverter',
  about: 'Inverter RS, Multi RS',
  fields: {
    ...identity,
    battery_voltage: gauge(decimal('V'), { unit: 'V', scale: 0.001 }),
    pv_voltage: gauge(decimal('VPV'), { unit: 'V', scale: 0.001 }),
    pv_power: gauge(decimal('PPV'), { unit: 'W' }),
    battery_current: gauge(decimal('I'), { unit: 'A', scale: 0.001 }),
    relay_on: flag(onOff('Relay')),
    off_reasons: flags(hexadecimal('OR'), victronOffReasons),
    ...solarHistory,
    device_error: state(code('ERR'), victronErrors, { na: 0xff, problem: true }),
    device_state: state(code('CS'), victronStates, { na: 0xff }),
    setting_device_mode: state(code('MODE'), victronModes),
    ac_output_voltage: gauge(decimal('AC_OUT_V'), { unit: 'V', scale: 0.01 }),
    ac_output_current: gauge(decimal('AC_OUT_I'), { unit: 'A', scale: 0.1 }),
    ac_output_apparent_power: gauge(decimal('AC_OUT_S'), { unit: 'VA' }),
  },
  computed: [batteryPower],
};
