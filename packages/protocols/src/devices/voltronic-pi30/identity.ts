// Voltronic PI30: who it is. QID is a placeholder on many units (55355535553555, the same on all) and garbage on some;
// QSID counts its valid digits itself. A second processor that is not there has the version 0.

import type { RecordDefinition } from '../../device.ts';
import { type Field, info } from '../../field.ts';
import { askPi30, brief, type Pi30Inquiry } from '../../framing/voltronic.ts';
import type { Columns } from '../../where.ts';
import { pi30Columns, text } from '../voltronic-columns.ts';

function identity(
  inquiry: Pi30Inquiry,
  about: string,
  shape: RegExp,
  fields: { readonly [name: string]: Field<Columns> },
): RecordDefinition<Columns> {
  const asked = askPi30(inquiry, (data) => shape.test(data), brief);
  return { kind: 'inverter', about, asked, parse: pi30Columns, turn: 'once', optional: true, fields };
}

// Neither a version nor the letters of QFLAG; 13 characters or more are seen, of any kind.
const idShape = /^(?!VERFW|E[a-z]*D[a-z]*$)\S{13,20}$/;
const modelShape = /^(?!VERFW|E[a-z]*D[a-z]*$|PI\d\d$)[A-Za-z][\w./+-]{2,30}$/;

const validDigits = (raw: string): string => raw.slice(2, 2 + Number(raw.slice(0, 2)));

const versionOf = (raw: string): string | null => {
  const version = raw.slice(raw.indexOf(':') + 1);
  return /^[0.]*$/.test(version) ? null : version;
};
const version = info(text(0), { convert: versionOf });

export const protocol = identity('QPI', 'protocol', /^PI\d\d$/, { protocol_version: info(text(0)) });
export const id = identity('QID', 'serial number', idShape, {
  serial_number: info(text(0)),
});
export const serial = identity('QSID', 'serial number with its length', /^\d{22}$/, {
  serial_number: info(text(0), { convert: validDigits }),
});
export const firmware = identity('QVFW', 'firmware', /^VERFW:[\d.]+$/, { firmware_version: version });
export const firmware2 = identity('QVFW2', 'firmware of the second processor', /^VERFW2:[\d.]+$/, {
  firmware_version_2: version,
});
export const firmwarePanel = identity('QVFW3', 'firmware of the remote panel', /^VERFW3?:[\d.]+$/, {
  firmware_version_panel: version,
});
export const firmwareBluetooth = identity('VERFW:', 'firmware of the Bluetooth module', /^VERFW:[\d.]+$/, {
  firmware_version_bluetooth: version,
});
export const model = identity('QMN', 'model', modelShape, {
  model: info(text(0)),
});
export const generalModel = identity('QGMN', 'general model number', /^\d{2,4}$/, {
  product_code: info(text(0)),
});
