// VE.Direct HEX of mains chargers. Seen unasked in captures; no document lists them.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import {
  batteryTemperature,
  chargerCurrent,
  chargerError,
  chargerVoltage,
  deviceState,
  internalTemperature,
  mode,
  offReasons,
} from './fields.ts';
import { identity } from './identity.ts';

export const charger: RecordDefinition<Uint8Array> = {
  kind: 'charger',
  about: 'Blue Smart and Phoenix Smart chargers',
  fields: {
    ...identity,
    setting_device_mode: mode,
    charge_state: deviceState,
    off_reasons: offReasons,
    device_error: chargerError,
    battery_voltage: chargerVoltage,
    battery_current: chargerCurrent,
    device_temperature: internalTemperature,
    battery_temperature: batteryTemperature,
  },
  computed: [batteryPower],
};
