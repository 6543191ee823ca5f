// Victron Instant Readout, record 0x01. "Extra Manufacturer Data", 2022-12-14, table Solar charger.

import { batteryPower, type RecordDefinition } from '../../device.ts';
import { counter, gauge, state } from '../../field.ts';
import { i16le, u8, u16le, ubits } from '../../where.ts';
import { victronErrors, victronStates } from '../victron-codes.ts';

export const solarCharger: RecordDefinition<Uint8Array> = {
  kind: 'solar_charger',
  about: 'BlueSolar and SmartSolar MPPT',
  fields: {
    charge_state: state(u8(0), victronStates, { na: 0xff }),
    device_error: state(u8(1), victronErrors, { na: 0xff, problem: true }),
    battery_voltage: gauge(i16le(2), { unit: 'V', scale: 0.01, na: 0x7fff }),
    // Negative when a load on the charger draws more than the panels give.
    battery_current: gauge(i16le(4), { unit: 'A', scale: 0.1, na: 0x7fff }),
    pv_energy_today: counter(u16le(6), { unit: 'Wh', scale: 10, na: 0xffff }),
    pv_power: gauge(u16le(8), { unit: 'W', na: 0xffff }),
    load_current: gauge(ubits(80, 9), { unit: 'A', scale: 0.1, na: 0x1ff }),
  },
  computed: [batteryPower],
};
