// Batteries on CAN: the families, and the one that finds out which of them is on the bus.

import type { DeviceDefinition } from '../../device.ts';
import type { Frames } from '../../frames.ts';
import { dynessModuleOf, dynessRecords } from './dyness.ts';
import { type BusFamily, readFramesOf } from './family.ts';
import { listenForFound, readFramesOfFound } from './found-family.ts';
import { growattRecords } from './growatt.ts';
import { jkIds, jkRecords, jkUnitOf } from './jk.ts';
import { listenFor } from './listener.ts';
import { pylontechRecords } from './pylontech.ts';
import { pytesRecords } from './pytes.ts';
import { discoverRecords, victronRecords } from './victron.ts';

interface Described extends BusFamily {
  readonly name: string;
  readonly doubts: readonly string[];
  readonly bitRate?: number;
  /** Whether what was heard on a bus is of this family. */
  readonly isOn: (frames: Frames) => boolean;
}

const hasAny = (frames: Frames, from: number, to: number): boolean =>
  [...frames.keys()].some((id) => id >= from && id <= to);

const preparationAt = (bitRate: number): readonly string[] => [
  'The adapter goes to CAN high, CAN low and ground of the socket for the inverter; the pins differ by maker. Both ends of the bus are terminated already: no third resistor.',
  `A network interface is switched on first: \`sudo ip link set can0 up type can bitrate ${bitRate} listen-only on\`.`,
  'Unless `listen_only: no` is set for an adapter, it does not even acknowledge. A battery without an inverter may then say little or nothing.',
  'Some batteries without an inverter fall silent when nobody says each second what an inverter would: `keep_alive: yes` says it, which is one frame of eight zeros and the only one that is ever sent. Never set it where an inverter is on the bus.',
];

function define(described: Described): DeviceDefinition {
  const { id, name, doubts, records, bitRate = 500_000, isOn } = described;
  return {
    id,
    name,
    preparation: [
      'The battery is set to this protocol, at its switches, its display or in its app.',
      ...preparationAt(bitRate),
    ],
    doubts,
    vendor: 'can',
    media: [{ medium: 'can', bitRate }],
    records,
    listenToBus: () => listenFor(described),
    readFrames: readFramesOf(described),
    recogniseFrames: isOn,
  };
}

/** The limits tell the scale of the voltage, the maker what is in 0x371. */
const context = [0x351, 0x35e];

/** Of the frames that these families have in common. */
const sharedDoubts = [
  '0x356: most makers send the voltage in 0.01 V, some in 0.1 V. What fits the limit of 0x351 is taken; if neither does, the voltage is not known.',
  "0x354 is in no maker's paper: 0.1 Ah in one implementation, 1 Ah in a capture of Discover.",
  'Cycles: LuxPower sends them in 0x35C, Sofar in 0x356. Nothing on the bus tells these makers from others, so they are left out.',
  '0x355: bytes 4 to 7 are a finer state of charge or the voltages of cells; which, is told by their size.',
];

export const canPylontech = define({
  id: 'can-pylontech',
  doubts: [
    ...sharedDoubts,
    '0x359: the paper has the system failure in bit 3 of byte 1, several emulators in bit 7; both are taken.',
    'Deye: what its batteries send in 0x361, 0x363, 0x364 and 0x371 is left out.',
  ],
  name: 'Battery on CAN, Pylontech low voltage',
  records: pylontechRecords,
  besides: victronRecords,
  context,
  isOn: (frames) => frames.has(0x35c) || hasLetters(frames.get(0x359)),
});

export const canVictron = define({
  id: 'can-victron',
  doubts: [
    ...sharedDoubts,
    '0x378 counts 0.1 kWh in the captures; the guide of one maker says 0.01 kWh: `scale: { battery_energy_charged_total: 0.1, battery_energy_discharged_total: 0.1 }` at the device.',
  ],
  name: 'Battery on CAN, SMA and Victron style',
  records: victronRecords,
  besides: pylontechRecords,
  context,
  isOn: (frames) => frames.has(0x35a) || hasAny(frames, 0x372, 0x379),
});

export const canDiscover = define({
  id: 'can-discover',
  doubts: sharedDoubts,
  name: 'Battery on CAN, Discover AES and LYNK',
  records: discoverRecords,
  besides: victronRecords,
  context,
  isOn: (frames) => frames.has(0x35a) && /^DISCOVER/i.test(textOf(frames.get(0x35e))),
});

export const canGrowatt = define({
  id: 'can-growatt',
  doubts: [
    '0x312: bits 2 to 0 of the bytes are partly lost in the translation of the paper.',
    'Left out: 0x320 (maker, versions, date), and of 0x311 which error bytes are valid, sleep, an open terminal, and the states of the parallel batteries and of the inverter.',
  ],
  name: 'Battery on CAN, Growatt low voltage',
  records: growattRecords,
  isOn: (frames) => hasAny(frames, 0x311, 0x319),
});

export const canPytes = define({
  id: 'can-pytes',
  doubts: [
    'From one description with its capture and one receiver.',
    'Which cells `cells_balancing` names is not sure: the receiver takes the word in 0x40D for on or off, as `balancing` does, and thinks it may be a share.',
    'The labels of cells in 0x401 are read as those in 0x402: cell and module. The receiver reads the cell alone there.',
    'The other bits of 0x406 than the failure of the BMS are left out.',
  ],
  name: 'Battery on CAN, Pytes native',
  records: pytesRecords,
  isOn: (frames) => hasAny(frames, 0x400, 0x40b),
});

export const canJk = define({
  id: 'can-jk',
  doubts: [
    'From other programs; no capture is public.',
    'Sources disagree which level of an alarm in 0x7F0 is the worst, 1 or 3: whatever is not 0 is an alarm.',
    'Of the sensors in 0x18F228F0 the third is taken for the one at the transistors, as one program does.',
  ],
  name: 'Battery on CAN, JK BMS',
  bitRate: 250_000,
  records: jkRecords,
  place: jkUnitOf,
  partOf: (unit) => (unit === 0 ? undefined : `unit_${unit + 1}`),
  isOn: (frames) => [...frames.keys()].some((id) => jkUnitOf(id)?.id === jkIds.values),
});

export const canDyness = define({
  id: 'can-dyness',
  doubts: [
    'From one program only; no capture is public. Its faults are put right: it lets temperatures and currents below zero wrap.',
    'Type 0x17 (accumulated charge) has no sure coding and is left out. So is the charge limit in 0x22: the program reads it at the wrong place, and whether 40 A are taken off it as of the discharge limit nobody knows.',
    'Type 0x24: what its bits for powering down and for the current controller mean is not said; they are left out.',
  ],
  name: 'Battery on CAN, Dyness modules',
  records: dynessRecords,
  place: dynessModuleOf,
  partOf: (unit) => `module_${unit + 1}`,
  isOn: (frames) => [...frames.keys()].some((id) => dynessModuleOf(id)?.id === 0x21),
});

/** Most makers'. */
const foundBitRate = 500_000;

export const canBattery: DeviceDefinition = {
  id: 'can-battery',
  name: 'Battery on CAN, its family found from the frames',
  preparation: preparationAt(foundBitRate),
  doubts: [
    'Families have frames in common. What tells one most surely is asked first, so frames of two makers on one bus are read as those of one; set the family where it is known.',
  ],
  vendor: 'can',
  media: [{ medium: 'can', bitRate: foundBitRate }],
  records: {},
  listenToBus: () => listenForFound(recognising, familiesOn),
  readFrames: readFramesOfFound((frames) => familiesOn(frames)),
};

export const canBatteries: readonly DeviceDefinition[] = [
  canBattery,
  canPylontech,
  canVictron,
  canDiscover,
  canGrowatt,
  canPytes,
  canJk,
  canDyness,
];

/** What tells a family first: those behind it have frames in common with it. */
const recognising: readonly DeviceDefinition[] = [
  canGrowatt,
  canDiscover,
  canVictron,
  canPylontech,
  canJk,
  canPytes,
  canDyness,
];

/** Families whose frames are on the bus: one that speaks for the whole battery, and the modules behind it. */
export function familiesOn(frames: Frames): readonly DeviceDefinition[] {
  const found = recognising.filter(({ recogniseFrames }) => recogniseFrames?.(frames));
  const [whole] = found.filter((family) => family !== canDyness);
  const modules = found.filter((family) => family === canDyness);
  return whole === undefined ? modules : [whole, ...modules];
}

const hasLetters = (data: Uint8Array | undefined): boolean => textOf(data?.subarray(5, 7)) === 'PN';
const textOf = (data: Uint8Array | undefined): string => String.fromCharCode(...(data ?? []));
