// Voltronic PI30, QMOD: one letter.

import type { RecordDefinition } from '../../device.ts';
import { state } from '../../field.ts';
import { askPi30 } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { pi30Columns, text } from '../voltronic-columns.ts';
import { voltronicModes } from '../voltronic-words.ts';

export const mode: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'mode',
  asked: askPi30('QMOD', (data) => /^[A-Z]$/.test(data)),
  parse: pi30Columns,
  fields: { device_state: state(text(0), voltronicModes) },
};
