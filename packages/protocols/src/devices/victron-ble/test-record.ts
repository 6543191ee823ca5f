// Victron Instant Readout, record 0x00. "Extra Manufacturer Data", 2022-12-14, table Test record.

import type { RecordDefinition } from '../../device.ts';
import { counter, gauge } from '../../field.ts';
import { ubits } from '../../where.ts';

export const testRecord: RecordDefinition<Uint8Array> = {
  kind: 'other',
  about: 'Test record, no product is known to send it',
  fields: {
    uptime: counter(ubits(0, 30), { unit: 's', na: 0x3fffffff }),
    // The sheet prints FF, impossible in 7 bits.
    device_temperature: gauge(ubits(30, 7), { unit: '°C', offset: -40, na: 0x7f }),
  },
};
