// Victron Instant Readout, record 0x07. "Extra Manufacturer Data", 2022-12-14, table GX device; the vendor marks it
// "to be determined", and nobody has published a frame.

import type { RecordDefinition } from '../../device.ts';
import { gauge } from '../../field.ts';
import { ibits, u16le, ubits } from '../../where.ts';

export const gxDevice: RecordDefinition<Uint8Array> = {
  kind: 'system',
  about: 'GX device (layout not final)',
  fields: {
    battery_voltage: gauge(u16le(0), { unit: 'V', scale: 0.01, na: 0xffff }),
    pv_power: gauge(ubits(16, 20), { unit: 'W', na: 0xfffff }),
    state_of_charge: gauge(ubits(36, 7), { unit: '%', na: 0x7f }),
    battery_power: gauge(ibits(43, 21), { unit: 'W', na: 0x0fffff }),
    dc_power: gauge(ibits(64, 21), { unit: 'W', na: 0x0fffff }),
  },
};
