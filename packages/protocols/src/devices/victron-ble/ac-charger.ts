// Victron Instant Readout, record 0x08. "Extra Manufacturer Data", 2022-12-14, table AC charger.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { type Field, gauge, state } from '../../field.ts';
import { u8, ubits } from '../../where.ts';
import { victronErrors, victronStates } from '../victron-codes.ts';

const outputVoltage = (from: number): Field<Uint8Array> =>
  gauge(ubits(from, 13), { unit: 'V', scale: 0.01, na: 0x1fff });
const outputCurrent = (from: number): Field<Uint8Array> =>
  gauge(ubits(from, 11), { unit: 'A', scale: 0.1, na: 0x7ff });

export const acCharger: RecordDefinition<Uint8Array> = {
  kind: 'charger',
  about: 'Blue Smart and Phoenix Smart charger',
  fields: {
    charge_state: state(u8(0), victronStates, { na: 0xff }),
    device_error: state(u8(1), victronErrors, { na: 0xff, problem: true }),
    // Output 1 is the main battery.
    battery_voltage: outputVoltage(16),
    battery_current: outputCurrent(29),
    battery_voltage_2: outputVoltage(40),
    battery_current_2: outputCurrent(53),
    battery_voltage_3: outputVoltage(64),
    battery_current_3: outputCurrent(77),
    // The sheet does not say where it is measured.
    device_temperature: gauge(ubits(88, 7), { unit: '°C', offset: -40, na: 0x7f }),
    ac_input_current: gauge(ubits(95, 9), { unit: 'A', scale: 0.1, na: 0x1ff }),
  },
  computed: [batteryPower],
};
