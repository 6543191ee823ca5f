// VE.Direct text: the family. Devices with a VE.Direct port talk by themselves, about once a second.

import type { DeviceDefinition } from '../../device.ts';
import { listen } from './listener.ts';
import { records } from './record.ts';
import { readStream } from './stream.ts';

export const vedirectText: DeviceDefinition = {
  id: 'vedirect-text',
  name: 'Victron VE.Direct text',
  vendor: 'victron',
  media: [{ medium: 'serial', baudRate: 19_200 }],
  records,
  listen,
  readStream,
};
