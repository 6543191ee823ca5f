// Victron Instant Readout, record 0x0F. Not in the vendor's sheet; four public implementations agree, and the values
// were compared with the vendor's app.

import type { RecordDefinition } from '../../device.ts';
import { flags, gauge, state } from '../../field.ts';
import { u8, u16le, u32le } from '../../where.ts';
import { victronErrors, victronOffReasons, victronStates } from '../victron-codes.ts';

export const orionXs: RecordDefinition<Uint8Array> = {
  kind: 'dc_converter',
  about: 'Orion XS',
  fields: {
    charge_state: state(u8(0), victronStates, { na: 0xff }),
    device_error: state(u8(1), victronErrors, { na: 0xff, problem: true }),
    dc_output_voltage: gauge(u16le(2), { unit: 'V', scale: 0.01, na: 0xffff }),
    dc_output_current: gauge(u16le(4), { unit: 'A', scale: 0.1, na: 0xffff }),
    dc_input_voltage: gauge(u16le(6), { unit: 'V', scale: 0.01, na: 0xffff }),
    dc_input_current: gauge(u16le(8), { unit: 'A', scale: 0.1, na: 0xffff }),
    off_reasons: flags(u32le(10), victronOffReasons),
  },
};
