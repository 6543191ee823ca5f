// VE.Direct text of inverters with solar input. "VE.Direct Protocol", 3.34, tables of Inverter RS and Multi RS.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import {
  acOutput,
  deviceError,
  deviceMode,
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

export const multiRs: RecordDefinition<Block> = {
  kind: 'inverter',
  about: 'Inverter RS, Multi RS',
  fields: {
    ...identity,
    battery_voltage: mainVoltage,
    pv_voltage: pvVoltage,
    pv_power: pvPower,
    battery_current: mainCurrent,
    relay_on: relay,
    off_reasons: offReasons,
    ...solarHistory,
    device_error: deviceError,
    device_state: deviceState,
    setting_device_mode: deviceMode,
    ...acOutput,
  },
  computed: [batteryPower],
};
