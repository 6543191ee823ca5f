// Voltronic PI18: the family. InfiniSolar V, LVX, LV5048 Hybrid V2 and some Axpert MKS IV, over RS232 or as USB HID 0665:5161.
//
// Nothing is ever set: every request begins with ^P, set commands with ^S.

import type { DeviceDefinition } from '../../device.ts';
import { anyAnswer } from '../../framing/voltronic.ts';
import { voltronicPreparation } from '../voltronic-preparation.ts';
import { energyDay, energyMonth, energyTotal, energyYear } from './energy.ts';
import { firmware, protocol, serial } from './identity.ts';
import { mode } from './mode.ts';
import { parallel } from './parallel.ts';
import { ratings } from './ratings.ts';
import { status } from './status.ts';
import { switches } from './switches.ts';
import { answer, unreadRecords } from './unread.ts';
import { warnings } from './warnings.ts';

export const voltronicPi18: DeviceDefinition = {
  id: 'voltronic-pi18',
  name: 'Voltronic inverter, PI18 (InfiniSolar V, LVX)',
  preparation: voltronicPreparation,
  doubts: [
    "The maker's text of 2017 gives the energy in kWh for all but the day. The captures make sense as Wh only (a unit of 5.6 kW would have needed 16 years of full power otherwise), so it is taken for Wh; `scale: { pv_energy_total: 1000 }` at a unit that counts kWh.",
    '`state_of_charge` is estimated from the voltage unless a BMS is connected.',
    "PIRI has 25 columns in the maker's table and 26 in real answers; the last has no name.",
  ],
  vendor: 'voltronic',
  media: [
    { medium: 'serial', baudRate: 2400 },
    { medium: 'hid', vendor: 0x0665, product: 0x5161, reportBytes: 8, reportPauseMs: 40 },
  ],
  records: {
    // First what every unit answers: its silence is that of the unit. PGS needs the number that GS tells.
    MOD: mode,
    GS: status,
    PI: protocol,
    ID: serial,
    VFW: firmware,
    PIRI: ratings,
    PGS: parallel,
    FWS: warnings,
    FLAG: switches,
    ET: energyTotal,
    EY: energyYear,
    EM: energyMonth,
    ED: energyDay,
    ...unreadRecords,
    answer,
  },
  ask: { namesQuestion: false, exchangeOf: anyAnswer('pi18') },
};
