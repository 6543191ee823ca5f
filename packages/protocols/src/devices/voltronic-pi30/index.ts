// Voltronic PI30: the family. Axpert, MKS, VM II, VM III, MAX, PIP and their many resellers (EASUN, PowMR, MPP Solar, Kodak,
// Phocos …), over RS232 or as USB HID 0665:5161; PI41 (LV5048) where it is the same.
//
// Nothing is ever set: every request is an inquiry. What a unit does not know it refuses with NAK.

import type { DeviceDefinition } from '../../device.ts';
import { anyAnswer } from '../../framing/voltronic.ts';
import { voltronicPreparation } from '../voltronic-preparation.ts';
import { pvPowerOfTrackers } from '../voltronic-words.ts';
import { bms, lithium } from './battery.ts';
import {
  energyDay,
  energyMonth,
  energyTotal,
  energyYear,
  loadDay,
  loadMonth,
  loadTotal,
  loadYear,
} from './energy.ts';
import { equalization } from './equalization.ts';
import {
  firmware,
  firmware2,
  firmwareBluetooth,
  firmwarePanel,
  generalModel,
  id,
  model,
  protocol,
  serial,
} from './identity.ts';
import { inner } from './inner.ts';
import { mode } from './mode.ts';
import { parallel } from './parallel.ts';
import { ratings } from './ratings.ts';
import { status } from './status.ts';
import { switches } from './switches.ts';
import { moreTrackers, secondPhase, secondTracker } from './trackers.ts';
import { answer, unreadRecords } from './unread.ts';
import { warnings } from './warnings.ts';

export const voltronicPi30: DeviceDefinition = {
  id: 'voltronic-pi30',
  name: 'Voltronic inverter, PI30 (Axpert, MKS, VM, MAX, PIP)',
  preparation: voltronicPreparation,
  doubts: [
    'The same name stands for other things on REVO firmware (columns of QPIGS and QPIRI). Such a unit is known by its name or by its answer to QLITH0.',
    'Column 11 of QPIGS is a raw count and no temperature on old units of 1 to 3 kVA: above 150 it is taken for one.',
    'Column 12 of QPIGS is the current into the battery on old firmware (whole amperes) and that of the panels on newer. Column 14 stays 0 on many.',
    '`state_of_charge` is estimated from the voltage unless a BMS is connected.',
    "Bits 4 and 3 of the status in QPGS: the maker's reading (10 open, 01 under voltage) is taken; one program calls them over and under voltage.",
    'Rows 30 to 34 of QPIWS differ by model; of them only 30 is taken, as GK units have it.',
    'QLITH0 and Q1 are described by one implementation each, not by the maker.',
    '`bms_error` in QLITH0: that implementation says 1 voltage high, 2 low battery, 3 too hot, 4 too cold, 5 current high, 6 short circuit. It has the same list for `bms_state`, which its own captures contradict: a battery at rest has 5 there.',
    'The serial number of QID is a placeholder on many units, the same on all, and garbage on some; QSID is right where the unit has it.',
  ],
  vendor: 'voltronic',
  media: [
    { medium: 'serial', baudRate: 2400 },
    { medium: 'hid', vendor: 0x0665, product: 0x5161, reportBytes: 8, reportPauseMs: 40 },
  ],
  records: {
    // First what every unit answers: its silence is that of the unit. Then the tracker that no sum may lack. Then who it
    // is: QPGS and QPIGS need to know. QPIGS after QPGS, of whose values it has the finer ones.
    QMOD: mode,
    QPIGS2: secondTracker,
    'QPIGS2-2015': moreTrackers,
    'QPIGS2-PI41': secondPhase,
    QPI: protocol,
    QMN: model,
    QID: id,
    QSID: serial,
    QLITH0: lithium,
    QPGS: parallel,
    QPIGS: status,
    QPIRI: ratings,
    QPIWS: warnings,
    QFLAG: switches,
    QVFW: firmware,
    QVFW2: firmware2,
    QVFW3: firmwarePanel,
    'VERFW:': firmwareBluetooth,
    QGMN: generalModel,
    QBEQI: equalization,
    QET: energyTotal,
    QEY: energyYear,
    QEM: energyMonth,
    QED: energyDay,
    QLT: loadTotal,
    QLY: loadYear,
    QLM: loadMonth,
    QLD: loadDay,
    QBMS: bms,
    Q1: inner,
    ...unreadRecords,
    answer,
  },
  ask: { namesQuestion: false, computed: [pvPowerOfTrackers], exchangeOf: anyAnswer('pi30') },
};
