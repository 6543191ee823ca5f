// What the replaced programs for Voltronic inverters have in common.

import type { Computed } from '../device.ts';
import { type Fields, flag } from '../field.ts';
import { bits, type Entries, type EntryWhere } from './entries.ts';

/** Device status of QPIGS: eight digits, bit 7 first. */
export const statusFlags = (status: EntryWhere<number | undefined>): Fields<Entries> => ({
  charging_from_ac: flag(bits(status, 0)),
  charging_from_pv: flag(bits(status, 1)),
  charging: flag(bits(status, 2)),
  battery_voltage_steady: flag(bits(status, 3)),
  ac_output_on: flag(bits(status, 4)),
  settings_changed: flag(bits(status, 6)),
});

/** These programs know one tracker. */
export const pvPowerOfTrackers: Computed = {
  field: 'pv_power',
  kind: 'gauge',
  unit: 'W',
  from: ({ pv_power_1: power }) => power,
};
