// JBD, what the Bluetooth module answers to a password. It holds no values; one that says no is an error of the key.

import type { RecordDefinition } from '../../device.ts';
import { jbdLoginRequests, jbdModuleVerdict } from '../../framing/jbd.ts';

export const auth: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'FF AA password exchange',
  turn: 'never',
  requests: jbdLoginRequests,
  answers: jbdModuleVerdict,
  fields: {},
};
