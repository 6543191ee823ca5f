// Victron Instant Readout, record 0x0B. "Extra Manufacturer Data", 2022-12-14, table Multi RS.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { counter, gauge, state } from '../../field.ts';
import { i16le, u8, u16le, ubits } from '../../where.ts';
import { victronAcInputs, victronErrors, victronStates } from '../victron-codes.ts';

export const multiRs: RecordDefinition<Uint8Array> = {
  kind: 'inverter',
  about: 'Multi RS',
  fields: {
    device_state: state(u8(0), victronStates, { na: 0xff }),
    device_error: state(u8(1), victronErrors, { na: 0xff, problem: true }),
    battery_current: gauge(i16le(2), { unit: 'A', scale: 0.1, na: 0x7fff }),
    battery_voltage: gauge(ubits(32, 14), { unit: 'V', scale: 0.01, na: 0x3fff }),
    ac_input_source: state(ubits(46, 2), victronAcInputs, { na: 3 }),
    ac_input_power: gauge(i16le(6), { unit: 'W', na: 0x7fff }),
    ac_output_power: gauge(i16le(8), { unit: 'W', na: 0x7fff }),
    pv_power: gauge(u16le(10), { unit: 'W', na: 0xffff }),
    pv_energy_today: counter(u16le(12), { unit: 'Wh', scale: 10, na: 0xffff }),
  },
  computed: [batteryPower],
};
