// Voltronic PI18, MOD: two digits.

import type { RecordDefinition } from '../../device.ts';
import { state } from '../../field.ts';
import { askPi18 } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { pi18Columns, value } from '../voltronic-columns.ts';
import { voltronicPi18Modes } from '../voltronic-words.ts';

export const mode: RecordDefinition<Columns> = {
  kind: 'inverter',
  about: 'mode',
  asked: askPi18('006MOD', (data) => /^0\d$/.test(data)),
  parse: pi18Columns,
  fields: { device_state: state(value(0), voltronicPi18Modes) },
};
