// Voltronic PI18: who it is. The serial number counts its valid digits itself.

import type { RecordDefinition } from '../../device.ts';
import { type Fields, info } from '../../field.ts';
import { askPi18, brief, type Pi18Inquiry } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { pi18Columns, text } from '../voltronic-columns.ts';

function identity(
  inquiry: Pi18Inquiry,
  about: string,
  shape: RegExp,
  fields: Fields<Columns>,
): RecordDefinition<Columns> {
  const asked = askPi18(inquiry, (data) => shape.test(data), brief);
  return { kind: 'inverter', about, asked, parse: pi18Columns, turn: 'once', optional: true, fields };
}

const validDigits = (raw: string): string | null => raw.slice(2, 2 + Number(raw.slice(0, 2))) || null;

// MOD is answered by two digits as well, of which the first is 0.
export const protocol = identity('005PI', 'protocol', /^1\d$/, { protocol_version: info(text(0)) });
export const serial = identity('005ID', 'serial number with its length', /^\d{22}$/, {
  serial_number: info(text(0), { convert: validDigits }),
});
export const firmware = identity('006VFW', 'firmware of the processors', /^\d{5}(,\d{5}){0,2}$/, {
  firmware_version: info(text(0)),
  firmware_version_2: info(text(1)),
  firmware_version_3: info(text(2)),
});
