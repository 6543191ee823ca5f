// JBD smart BMS: the family. Also sold as Xiaoxiang, Overkill Solar, Vatrer and with many LiFePO4 batteries.

import type { DeviceDefinition } from '../../device.ts';
import { jbdAnswerTo } from '../../framing/jbd.ts';
import { auth } from './auth.ts';
import { basic } from './basic.ts';
import { cells } from './cells.ts';
import { errorCounts } from './error-counts.ts';
import { hardware } from './hardware.ts';
import { jbdPasswordCharacters, login } from './login.ts';

export const jbd: DeviceDefinition = {
  id: 'jbd',
  name: 'JBD smart BMS',
  vendor: 'jbd',
  media: [
    { medium: 'gatt', services: ['ff00'], notify: 'ff01', write: 'ff02' },
    { medium: 'gatt', services: ['fff0'], notify: 'fff1', write: 'fff2' },
    { medium: 'serial', baudRate: 9600 },
  ],
  secret: { setting: 'password', characters: jbdPasswordCharacters },
  records: { basic, cells, hardware, error_counts: errorCounts, auth },
  ask: { login, namesQuestion: true, exchangeOf: jbdAnswerTo },
};
