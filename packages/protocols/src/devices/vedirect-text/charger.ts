// VE.Direct text of AC chargers. "VE.Direct Protocol", 3.34, tables of Phoenix and Blue Smart charger; HC# from captures.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { gauge, info } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import {
  deviceError,
  deviceMode,
  deviceState,
  identity,
  mainCurrent,
  mainVoltage,
  offReasons,
  relay,
  sensorTemperature,
} from './fields.ts';
import { decimal, words } from './labels.ts';

export const charger: RecordDefinition<Block> = {
  kind: 'charger',
  about: 'Blue Smart and Phoenix Smart charger',
  fields: {
    ...identity,
    hardware_version: info(words('HC#')),
    battery_voltage: mainVoltage,
    battery_voltage_2: gauge(decimal('V2'), { unit: 'V', scale: 0.001 }),
    battery_voltage_3: gauge(decimal('V3'), { unit: 'V', scale: 0.001 }),
    battery_current: mainCurrent,
    battery_current_2: gauge(decimal('I2'), { unit: 'A', scale: 0.001 }),
    battery_current_3: gauge(decimal('I3'), { unit: 'A', scale: 0.001 }),
    battery_temperature: sensorTemperature,
    relay_on: relay,
    off_reasons: offReasons,
    device_error: deviceError,
    charge_state: deviceState,
    setting_device_mode: deviceMode,
  },
  computed: [batteryPower],
};
