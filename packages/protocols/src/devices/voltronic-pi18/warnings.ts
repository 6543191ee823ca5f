// Voltronic PI18, FWS: the code of the fault, then a column for each of 16 or 17 flags.

import type { RecordDefinition } from '../../device.ts';
import { flag, state } from '../../field.ts';
import { askPi18, brief } from '../../framing/voltronic.ts';
import type { Columns, Where } from '../../where.ts';
import { looks, pi18Columns, pi18Shape, value } from '../voltronic-columns.ts';
import { type WarningTable, warningFields } from '../voltronic-warnings.ts';
import { voltronicFaults } from '../voltronic-words.ts';

const table: WarningTable = {
  faults: { 1: 'ac_output_short_circuit' },
  warnings: {
    5: 'battery_voltage_low',
    6: 'battery_cutoff',
    8: 'memory_failure',
    9: 'power_limited',
    10: 'pv_voltage_high',
    11: 'pv_voltage_high',
    12: 'pv_overload',
    13: 'pv_overload',
    14: 'battery_too_low_to_charge',
    15: 'battery_too_low_to_charge',
  },
  either: { 2: 'temperature_high', 3: 'fan_locked', 4: 'battery_voltage_high', 7: 'overload' },
};

const rows: Where<Columns, number | undefined> = {
  text: 'columns from 1',
  read: (columns) => columns.slice(1).reduce((sum, flag, row) => (flag === '1' ? sum + 2 ** row : sum), 0),
};
const fault = value(0);

const isWarnings = pi18Shape({
  least: 16,
  most: 20,
  looks: {
    0: looks.twoDigits,
    ...Object.fromEntries(Array.from({ length: 16 }, (_, row) => [row + 1, looks.yesOrNo])),
  },
});

export const warnings: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'fault and warnings',
  asked: askPi18('005FWS', isWarnings, brief),
  parse: pi18Columns,
  turn: { everyMs: 30_000 },
  optional: true,
  fields: {
    device_error: state(fault, voltronicFaults, { problem: true }),
    ac_input_lost: flag(value(1)),
    ...warningFields(rows, table, (columns) => (fault.read(columns) ?? 0) !== 0),
  },
};
