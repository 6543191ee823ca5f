// JBD, register AA: how often each protection acted. An answer of 22 bytes lacks the restarts.

import type { RecordDefinition } from '../../device.ts';
import { counter, type Field } from '../../field.ts';
import { readJbd } from '../../framing/jbd.ts';
import { only, u16be } from '../../where.ts';

const times = (offset: number): Field<Uint8Array> => counter(u16be(offset), {});

export const errorCounts: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'register AA',
  asked: readJbd(0xaa),
  optional: true,
  fields: {
    short_circuit_count: times(0),
    charge_current_high_count: times(2),
    discharge_current_high_count: times(4),
    cell_voltage_high_count: times(6),
    cell_voltage_low_count: times(8),
    charge_temperature_high_count: times(10),
    charge_temperature_low_count: times(12),
    discharge_temperature_high_count: times(14),
    discharge_temperature_low_count: times(16),
    battery_voltage_high_count: times(18),
    battery_voltage_low_count: times(20),
    restart_count: counter(
      only(u16be(22), (payload) => payload.length > 22, 'the firmware sends it'),
      {},
    ),
  },
};
