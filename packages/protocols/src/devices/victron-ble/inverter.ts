// Victron Instant Readout, record 0x03. "Extra Manufacturer Data", 2022-12-14, table Inverter.

import type { RecordDefinition } from '../../device.ts';
import { flags, gauge, state } from '../../field.ts';
import { i16le, u8, u16le, ubits } from '../../where.ts';
import { victronAlarmReasons, victronStates } from '../victron-codes.ts';

export const inverter: RecordDefinition<Uint8Array> = {
  kind: 'inverter',
  about: 'Phoenix Inverter',
  fields: {
    device_state: state(u8(0), victronStates, { na: 0xff }),
    alarms: flags(u16le(1), victronAlarmReasons, { problem: true }),
    battery_voltage: gauge(i16le(3), { unit: 'V', scale: 0.01, na: 0x7fff }),
    ac_output_apparent_power: gauge(u16le(5), { unit: 'VA', na: 0xffff }),
    ac_output_voltage: gauge(ubits(56, 15), { unit: 'V', scale: 0.01, na: 0x7fff }),
    ac_output_current: gauge(ubits(71, 11), { unit: 'A', scale: 0.1, na: 0x7ff }),
  },
};
