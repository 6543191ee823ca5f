// Batteries on CAN: the families, and the one that finds out which of them is on the bus.

import type { DeviceDefinition } from '../../device.ts';
import type { Frames } from '../../frames.ts';
import { dynessModuleOf, dynessRecords } from './dyness.ts';
import { type BusFamily, readFramesOf } from './family.ts';
import { growattRecords } from './growatt.ts';
import { jkIds, jkRecords, jkUnitOf } from './jk.ts';
import { listenFor } from './listener.ts';
import { pylontechRecords } from './pylontech.ts';
import { pytesRecords } from './pytes.ts';
import { discoverRecords, victronRecords } from './victron.ts';

interface Described extends BusFamily {
  readonly name: string;
  readonly bitRate?: number;
  /** Whether what was heard on a bus is of this family. */
  readonly isOn: (frames: Frames) => boolean;
}

const hasAny = (frames: Frames, from: number, to: number): boolean =>
  [...frames.keys()].some((id) => id >= from && id <= to);

function define(described: Described): DeviceDefinition {
  const { id, name, records, bitRate = 500_000, isOn } = described;
  return {
    id,
    name,
    vendor: 'can',
    media: [{ medium: 'can', bitRate }],
    records,
    listenToBus: () => listenFor(described),
    readFrames: readFramesOf(described),
    recogniseFrames: isOn,
  };
}

const limits = [0x351];

export const canPylontech = define({
  id: 'can-pylontech',
  name: 'Battery on CAN, Pylontech low voltage',
  records: pylontechRecords,
  besides: victronRecords,
  context: limits,
  isOn: (frames) => frames.has(0x35c) || hasLetters(frames.get(0x359)),
});

export const canVictron = define({
  id: 'can-victron',
  name: 'Battery on CAN, SMA and Victron style',
  records: victronRecords,
  besides: pylontechRecords,
  context: limits,
  isOn: (frames) => frames.has(0x35a) || hasAny(frames, 0x372, 0x379),
});

export const canDiscover = define({
  id: 'can-discover',
  name: 'Battery on CAN, Discover AES and LYNK',
  records: discoverRecords,
  besides: victronRecords,
  context: limits,
  isOn: (frames) => frames.has(0x35a) && /^DISCOVER/i.test(textOf(frames.get(0x35e))),
});

export const canGrowatt = define({
  id: 'can-growatt',
  name: 'Battery on CAN, Growatt low voltage',
  records: growattRecords,
  isOn: (frames) => hasAny(frames, 0x311, 0x319),
});

export const canPytes = define({
  id: 'can-pytes',
  name: 'Battery on CAN, Pytes native',
  records: pytesRecords,
  isOn: (frames) => hasAny(frames, 0x400, 0x40b),
});

export const canJk = define({
  id: 'can-jk',
  name: 'Battery on CAN, JK BMS',
  bitRate: 250_000,
  records: jkRecords,
  place: jkUnitOf,
  partOf: (unit) => (unit === 0 ? undefined : `unit_${unit + 1}`),
  isOn: (frames) => [...frames.keys()].some((id) => jkUnitOf(id)?.id === jkIds.values),
});

export const canDyness = define({
  id: 'can-dyness',
  name: 'Battery on CAN, Dyness modules',
  records: dynessRecords,
  place: dynessModuleOf,
  partOf: (unit) => `module_${unit + 1}`,
  isOn: (frames) => [...frames.keys()].some((id) => dynessModuleOf(id)?.id === 0x21),
});

export const canBatteries: readonly DeviceDefinition[] = [
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
