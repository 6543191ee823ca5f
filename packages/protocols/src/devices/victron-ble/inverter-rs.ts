// Victron Instant Readout, record 0x06. "Extra Manufacturer Data", 2022-12-14, table Inverter RS.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { counter, gauge, state } from '../../field.ts';
import { i16le, u8, u16le } from '../../where.ts';
import { victronErrors, victronStates } from '../victron-codes.ts';

export const inverterRs: RecordDefinition<Uint8Array> = {
  kind: 'inverter',
  about: 'Inverter RS',
  fields: {
    device_state: state(u8(0), victronStates, { na: 0xff }),
    device_error: state(u8(1), victronErrors, { na: 0xff, problem: true }),
    battery_voltage: gauge(i16le(2), { unit: 'V', scale: 0.01, na: 0x7fff }),
    battery_current: gauge(i16le(4), { unit: 'A', scale: 0.1, na: 0x7fff }),
    pv_power: gauge(u16le(6), { unit: 'W', na: 0xffff }),
    pv_energy_today: counter(u16le(8), { unit: 'Wh', scale: 10, na: 0xffff }),
    ac_output_power: gauge(i16le(10), { unit: 'W', na: 0x7fff }),
  },
  computed: [batteryPower],
};
