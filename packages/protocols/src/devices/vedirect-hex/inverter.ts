// VE.Direct HEX of Phoenix inverters. As koestler/go-victron has it from the vendor's document.

import type { RecordDefinition } from '../../device.ts';
import { counter, gauge } from '../../field.ts';
import { alarmReasons, deviceState, mode, offReasons, voltage, warningReasons } from './fields.ts';
import { identity } from './identity.ts';
import { signed, unsigned } from './places.ts';

export const inverter: RecordDefinition<Uint8Array> = {
  kind: 'inverter',
  about: 'Phoenix inverters; Inverter RS and Multi RS as far as they have the same registers',
  fields: {
    ...identity,
    setting_device_mode: mode,
    device_state: deviceState,
    ac_output_voltage: gauge(signed(0x2200), { unit: 'V', scale: 0.01 }),
    ac_output_current: gauge(signed(0x2201), { unit: 'A', scale: 0.1 }),
    ac_output_apparent_power: gauge(signed(0x2205), { unit: 'VA' }),
    battery_voltage: voltage,
    warnings: warningReasons,
    alarms: alarmReasons,
    off_reasons: offReasons,
    operating_time: counter(unsigned(0x1040), { unit: 's' }),
    // Apparent energy, in 0.01 kVAh.
    inverter_energy_total: counter(unsigned(0x1041), { unit: 'Wh', scale: 10 }),
    ac_output_voltage_rated: gauge(unsigned(0x2202), { unit: 'V' }),
    ac_output_apparent_power_rated: gauge(signed(0x2203), { unit: 'VA' }),
  },
};
