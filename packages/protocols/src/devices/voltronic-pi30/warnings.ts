// Voltronic PI30, QPIWS: 31, 32, 36 or 38 digits, row n is digit n.

import type { RecordDefinition } from '../../device.ts';
import { askPi30 } from '../../framing/voltronic.ts';
import type { Columns, Where } from '../../where.ts';
import { pi30Columns } from '../voltronic-columns.ts';
import {
  acInputLostRow,
  equalizationRow,
  inverterFaultRow,
  isSet,
  pvLostRow,
  rowFlag,
  voltronicWarnings,
  warningFields,
} from '../voltronic-warnings.ts';

const rows: Where<Columns, number | undefined> = {
  text: 'digits',
  // Rows 31 to 33 are digits of the fault code on some: whatever is no 1 is not set.
  read: ([digits = '']) => [...digits].reduce((sum, digit, row) => (digit === '1' ? sum + 2 ** row : sum), 0),
};

const equalization = rowFlag(rows, equalizationRow);

export const warnings: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'warnings and faults',
  asked: askPi30('QPIWS', (data) => /^[01]{30}\d{1,8}$/.test(data)),
  parse: pi30Columns,
  turn: { everyMs: 30_000 },
  optional: true,
  fields: {
    pv_lost: rowFlag(rows, pvLostRow),
    ac_input_lost: rowFlag(rows, acInputLostRow),
    ...warningFields(rows, voltronicWarnings, (_, all) => isSet(all, inverterFaultRow)),
    equalization_active: {
      ...equalization,
      where: { ...equalization.where, present: ([digits = '']) => digits.length > equalizationRow },
    },
  },
};
