// VE.Direct text of solar chargers, in one block or two. "VE.Direct Protocol", 3.34, tables of MPPT.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { flag, flags, gauge, state } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import { victronErrors, victronOffReasons, victronStates, victronTrackerStates } from '../victron-codes.ts';
import { code, decimal, hexadecimal, identity, onOff } from './labels.ts';
import { solarHistory } from './solar-history.ts';

export const solarCharger: RecordDefinition<Block> = {
  kind: 'solar_charger',
  about: 'BlueSolar and SmartSolar MPPT',
  fields: {
    ...identity,
    battery_voltage: gauge(decimal('V'), { unit: 'V', scale: 0.001 }),
    pv_voltage: gauge(decimal('VPV'), { unit: 'V', scale: 0.001 }),
    pv_power: gauge(decimal('PPV'), { unit: 'W' }),
    battery_current: gauge(decimal('I'), { unit: 'A', scale: 0.001 }),
    load_current: gauge(decimal('IL'), { unit: 'A', scale: 0.001 }),
    load_on: flag(onOff('LOAD')),
    relay_on: flag(onOff('Relay')),
    off_reasons: flags(hexadecimal('OR'), victronOffReasons),
    ...solarHistory,
    device_error: state(code('ERR'), victronErrors, { na: 0xff, problem: true }),
    charge_state: state(code('CS'), victronStates, { na: 0xff }),
    pv_tracker_state: state(code('MPPT'), victronTrackerStates),
  },
  computed: [batteryPower],
};
