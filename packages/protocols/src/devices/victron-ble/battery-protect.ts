// Victron Instant Readout, record 0x09. "Extra Manufacturer Data", 2022-12-14, table Smart Battery Protect (its start
// bits count from byte 1 of the record, not from byte 4 as in the other tables).

import type { RecordDefinition } from '../../device.ts';
import { type Codes, flags, gauge, state } from '../../field.ts';
import { i16le, u8, u16le, u32le } from '../../where.ts';
import { victronAlarmReasons, victronErrors, victronOffReasons, victronStates } from '../victron-codes.ts';

const switchStates: Codes = { ...victronStates, 249: 'on' };

export const batteryProtect: RecordDefinition<Uint8Array> = {
  kind: 'dc_switch',
  about: 'Smart BatteryProtect',
  fields: {
    device_state: state(u8(0), switchStates, { na: 0xff }),
    dc_output_state: state(u8(1), { 0: 'off', 1: 'on', 2: 'connecting', 3: 'activating' }, { na: 0xff }),
    device_error: state(u8(2), victronErrors, { na: 0xff, problem: true }),
    alarms: flags(u16le(3), victronAlarmReasons, { problem: true }),
    warnings: flags(u16le(5), victronAlarmReasons, { problem: true }),
    dc_input_voltage: gauge(i16le(7), { unit: 'V', scale: 0.01, na: 0x7fff }),
    dc_output_voltage: gauge(u16le(9), { unit: 'V', scale: 0.01, na: 0xffff }),
    off_reasons: flags(u32le(11), victronOffReasons),
  },
};
