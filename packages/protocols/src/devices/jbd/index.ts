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
  // patman15/aiobmsble, and packs of Vatrer.
  advertisedNames:
    /^(JBD-|xiaoxiang BMS|SP..S|AP2.S|DP04S|DWF|LSG-|N-.{5}BL|(12|24).{3}BL|@KsM:|SJ-.{3}-|SX1|SX60|SBL-|OGR-|TITAN-|TZ-H|D[DW]CK\d)/,
  preparation: [
    'By Bluetooth the module serves one program at a time and is not to be seen while it does: close the phone app.',
    'If a password was set in the app, the same goes into `password`; the app shows it to nobody. Modules on which nobody set one and which ask all the same take `000000` or `123456`.',
    'The newest modules return every request unchanged until they are paired: put the passkey of the app into `pin` and run `wattline-agent pair NAME` once.',
    'Some batteries sleep and vanish when they are not asked for some seconds: an interval of at most 10 s keeps them awake.',
  ],
  doubts: [
    'Which bit is which cell in `cells_balancing`: the vendor and three of four implementations count from bit 0 of the first word, and so is done; no capture of a known balancing cell exists.',
    'Bit 13 of `protections` is a broken charge transistor for the vendor, whose word is taken, and charge time-out for one implementation.',
    'The bit that says that currents and capacities count in 100 mA is called not used yet by the vendor. It is honoured; no battery that sets it was seen. One program looks for it in bit 7 of the byte that holds `humidity` for the vendor.',
    'The vendor says that `warnings` is normally not filled.',
    'A battery at rest reports exactly 0 A: small currents are below what the board measures, and `state_of_charge` drifts with them.',
    'A board with an unconnected last cell sends 0 V for it, and so it is shown.',
  ],
  secret: { setting: 'password', characters: jbdPasswordCharacters },
  records: { basic, cells, hardware, error_counts: errorCounts, auth },
  ask: { login, namesQuestion: true, exchangeOf: jbdAnswerTo },
};
