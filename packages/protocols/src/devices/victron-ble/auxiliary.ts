// The auxiliary input of a SmartShunt, the same in records 0x02 and 0x0D: one place, whose meaning the mode beside it
// decides. "Extra Manufacturer Data", 2022-12-14, tables Battery monitor and DC energy meter.

import { type Codes, gauge } from '../../field.ts';
import { type BytesWhere, i16le, only, u16le, ubits } from '../../where.ts';

export const auxiliaryModes: Codes = {
  0: 'starter_battery_voltage',
  1: 'midpoint_voltage',
  2: 'temperature',
  3: 'none',
};

const modeAt = ubits(64, 2);

/** The auxiliary value means something else, or nothing, in every other mode: the field is then absent. */
const inMode = (mode: 0 | 1 | 2, where: BytesWhere): BytesWhere =>
  only(where, (payload) => modeAt.read(payload) === mode, `auxiliary_mode is ${auxiliaryModes[mode]}`);

export const starterBatteryVoltage = gauge(inMode(0, i16le(6)), { unit: 'V', scale: 0.01, na: 0x7fff });

export const midpointVoltage = gauge(inMode(1, u16le(6)), { unit: 'V', scale: 0.01, na: 0xffff });

export const auxiliaryTemperature = gauge(inMode(2, u16le(6)), {
  unit: '°C',
  scale: 0.01,
  offset: -273.15,
  na: 0xffff,
});
