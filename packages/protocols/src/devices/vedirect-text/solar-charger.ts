// VE.Direct text of solar chargers, in one block or two. "VE.Direct Protocol", 3.34, tables of MPPT.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { flag, gauge, state } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import { victronTrackerStates } from '../victron-codes.ts';
import {
  deviceError,
  deviceState,
  identity,
  mainCurrent,
  mainVoltage,
  offReasons,
  pvPower,
  pvVoltage,
  relay,
  solarHistory,
} from './fields.ts';
import { code, decimal, onOff } from './labels.ts';

export const solarCharger: RecordDefinition<Block> = {
  kind: 'solar_charger',
  about: 'BlueSolar and SmartSolar MPPT',
  fields: {
    ...identity,
    battery_voltage: mainVoltage,
    pv_voltage: pvVoltage,
    pv_power: pvPower,
    battery_current: mainCurrent,
    load_current: gauge(decimal('IL'), { unit: 'A', scale: 0.001 }),
    load_on: flag(onOff('LOAD')),
    relay_on: relay,
    off_reasons: offReasons,
    ...solarHistory,
    device_error: deviceError,
    charge_state: deviceState,
    pv_tracker_state: state(code('MPPT'), victronTrackerStates),
  },
  computed: [batteryPower],
};
