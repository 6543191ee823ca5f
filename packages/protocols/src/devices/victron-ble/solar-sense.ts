// Victron Instant Readout, record 0xFF01, not encrypted. victronenergy/dbus-ble-sensors src/victron-solarsense.c.

import type { RecordDefinition } from '../../device.ts';
import { counter, flags, gauge, state } from '../../field.ts';
import { u8, u32le, ubits } from '../../where.ts';
import { victronErrors } from '../victron-codes.ts';

/** Raw steps grow with the time: 2 minutes up to an hour, 10 up to half a day, then half an hour. */
function secondsSinceSun(raw: number): number {
  if (raw < 30) return 60 * 2 * raw;
  if (raw < 96) return 60 * (60 + 10 * (raw - 30));
  return 60 * (720 + 30 * (raw - 96));
}

export const solarSense: RecordDefinition<Uint8Array> = {
  kind: 'environment_sensor',
  about: 'SolarSense 750',
  fields: {
    // The meaning of the bits is not published.
    faults: flags(u32le(0), {}, { problem: true }),
    device_error: state(u8(4), victronErrors, { na: 0xff, problem: true }),
    pv_power_estimated: gauge(ubits(40, 20), { unit: 'W', na: 0xfffff }),
    pv_energy_estimated_today: counter(ubits(60, 20), { unit: 'Wh', scale: 10, na: 0xfffff }),
    irradiance: gauge(ubits(80, 14), { unit: 'W/m²', scale: 0.1, na: 0x3fff }),
    pv_cell_temperature: gauge(ubits(94, 11), { unit: '°C', scale: 0.1, offset: -60, na: 0x7ff }),
    // Bit 105 is a leftover without a meaning.
    sensor_battery_voltage: gauge(ubits(106, 8), { unit: 'V', scale: 0.01, offset: 1.7, na: 0xff }),
    transmit_power: gauge(ubits(114, 1), { unit: 'dBm', scale: 6 }),
    time_since_sun: gauge(ubits(115, 7), { unit: 's', convert: secondsSinceSun, na: 0x7f }),
  },
};
