// VE.Direct HEX of DC converters. Seen unasked in captures of the Orion XS; no document lists them.

import type { RecordDefinition } from '../../device.ts';
import { gauge } from '../../field.ts';
import { chargerError, current, deviceState, offReasons, voltage } from './fields.ts';
import { identity } from './identity.ts';
import { unsigned } from './places.ts';

export const dcConverter: RecordDefinition<Uint8Array> = {
  kind: 'dc_converter',
  about: 'Orion XS',
  fields: {
    ...identity,
    charge_state: deviceState,
    off_reasons: offReasons,
    device_error: chargerError,
    dc_output_voltage: voltage,
    dc_output_current: current,
    dc_input_voltage: gauge(unsigned(0xedbb), { unit: 'V', scale: 0.01 }),
  },
};
