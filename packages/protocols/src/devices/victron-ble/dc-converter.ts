// Victron Instant Readout, record 0x04. "Extra Manufacturer Data", 2022-12-14, table DC/DC converter.

import type { RecordDefinition } from '../../device.ts';
import { flags, gauge, state } from '../../field.ts';
import { i16le, u8, u16le, u32le } from '../../where.ts';
import { victronErrors, victronOffReasons, victronStates } from '../victron-codes.ts';

export const dcConverter: RecordDefinition<Uint8Array> = {
  kind: 'dc_converter',
  about: 'Orion Smart',
  fields: {
    charge_state: state(u8(0), victronStates, { na: 0xff }),
    device_error: state(u8(1), victronErrors, { na: 0xff, problem: true }),
    dc_input_voltage: gauge(u16le(2), { unit: 'V', scale: 0.01, na: 0xffff }),
    dc_output_voltage: gauge(i16le(4), { unit: 'V', scale: 0.01, na: 0x7fff }),
    off_reasons: flags(u32le(6), victronOffReasons),
  },
};
