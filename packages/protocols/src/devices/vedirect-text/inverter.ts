// VE.Direct text of inverters. "VE.Direct Protocol", 3.34, tables of Phoenix Inverter.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { flags } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import { victronAlarmReasons } from '../victron-codes.ts';
import {
  acOutput,
  alarmReasons,
  deviceMode,
  deviceState,
  identity,
  mainCurrent,
  mainVoltage,
  offReasons,
  relay,
} from './fields.ts';
import { code } from './labels.ts';

export const inverter: RecordDefinition<Block> = {
  kind: 'inverter',
  about: 'Phoenix Inverter',
  fields: {
    ...identity,
    battery_voltage: mainVoltage,
    battery_current: mainCurrent,
    relay_on: relay,
    alarms: alarmReasons,
    warnings: flags(code('WARN'), victronAlarmReasons, { problem: true }),
    off_reasons: offReasons,
    device_state: deviceState,
    setting_device_mode: deviceMode,
    ...acOutput,
  },
  computed: [batteryPower],
};
