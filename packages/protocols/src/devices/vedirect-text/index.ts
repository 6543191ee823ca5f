// VE.Direct text: the family. Devices with a VE.Direct port talk by themselves, about once a second.

import type { DeviceDefinition } from '../../device.ts';
import { listen } from './listener.ts';
import { records } from './record.ts';
import { readStream } from './stream.ts';

export const vedirectText: DeviceDefinition = {
  id: 'vedirect-text',
  name: 'Victron VE.Direct text',
  preparation: [
    'Nothing is switched on: the port talks by itself, about once a second. It needs a VE.Direct USB cable, or a converter for 3.3 V or 5 V as the device says.',
  ],
  doubts: [
    '`H20` to `H23` (today and yesterday of a solar charger) change at the night that the charger itself sees, not at midnight.',
    'A SmartShunt in DC meter mode sends no state of charge and no history; it is read as a DC meter.',
  ],
  vendor: 'victron',
  media: [{ medium: 'serial', baudRate: 19_200 }],
  records,
  listen,
  readStream,
};
