// JBD, register 05: the board's name.

import type { RecordDefinition } from '../../device.ts';
import { info } from '../../field.ts';
import { readJbd } from '../../framing/jbd.ts';
import { asciiText } from '../../where.ts';

export const hardware: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'register 05',
  asked: readJbd(0x05),
  turn: 'once',
  optional: true,
  fields: { model: info(asciiText(0)) },
};
