// Labels of VE.Direct text that several products send: what each means, once. A record says which field it is there.
// Victron, "VE.Direct Protocol", 3.34, section Field description.

import { counter, type Fields, flag, flags, gauge, info, state } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import {
  victronAlarmFlag,
  victronAlarmReasons,
  victronErrors,
  victronMeterTypes,
  victronModes,
  victronOffReasons,
  victronStates,
} from '../victron-codes.ts';
import { code, decimal, firmware, hexadecimal, onOff, productCode, words } from './labels.ts';

/** What every product says of itself. */
export const identity: Fields<Block> = {
  product_code: info(productCode),
  firmware_version: info(firmware),
  serial_number: info(words('SER#')),
};

// Main or first channel: of the battery, of what a DC meter measures, or of a DC converter's output.
export const mainVoltage = gauge(decimal('V'), { unit: 'V', scale: 0.001 });
export const mainCurrent = gauge(decimal('I'), { unit: 'A', scale: 0.001 });
export const mainPower = gauge(decimal('P'), { unit: 'W' });

export const deviceState = state(code('CS'), victronStates, { na: 0xff });
export const deviceError = state(code('ERR'), victronErrors, { na: 0xff, problem: true });
export const deviceMode = state(code('MODE'), victronModes);
export const offReasons = flags(hexadecimal('OR'), victronOffReasons);
export const alarmReasons = flags(code('AR'), victronAlarmReasons, { problem: true });
export const relay = flag(onOff('Relay'));

// Battery monitor and DC meter are one device in two modes.
export const monitorModel = info(words('BMV'));
export const meterType = state(decimal('MON'), victronMeterTypes);
export const alarmLevel = state(onOff('Alarm'), victronAlarmFlag, { problem: true });
export const starterVoltage = gauge(decimal('VS'), { unit: 'V', scale: 0.001 });
export const energyOut = counter(decimal('H17'), { unit: 'Wh', scale: 10 });
export const energyIn = counter(decimal('H18'), { unit: 'Wh', scale: 10 });

/** Of the sensor at the device's temperature input. */
export const sensorTemperature = gauge(decimal('T'), { unit: '°C' });

export const pvVoltage = gauge(decimal('VPV'), { unit: 'V', scale: 0.001 });
export const pvPower = gauge(decimal('PPV'), { unit: 'W' });

export const solarHistory: Fields<Block> = {
  pv_energy_total: counter(decimal('H19'), { unit: 'Wh', scale: 10 }),
  // Set to 0 in the charger's own night, not at midnight.
  pv_energy_today: counter(decimal('H20'), { unit: 'Wh', scale: 10 }),
  pv_power_max_today: gauge(decimal('H21'), { unit: 'W' }),
  pv_energy_yesterday: gauge(decimal('H22'), { unit: 'Wh', scale: 10 }),
  pv_power_max_yesterday: gauge(decimal('H23'), { unit: 'W' }),
  day_number: gauge(decimal('HSDS'), {}),
};

export const acOutput: Fields<Block> = {
  ac_output_voltage: gauge(decimal('AC_OUT_V'), { unit: 'V', scale: 0.01 }),
  // Slightly negative without a load.
  ac_output_current: gauge(decimal('AC_OUT_I'), { unit: 'A', scale: 0.1 }),
  ac_output_apparent_power: gauge(decimal('AC_OUT_S'), { unit: 'VA' }),
};
