// The sites of the demonstration. Each is read by an agent of its own, as they lie apart.

import { createFarm } from '../site/farm.ts';
import { createInverterHut } from '../site/inverter-hut.ts';
import type { Timing } from '../site/simulate.ts';
import { createSite } from '../site/site.ts';
import { createWorkshop } from '../site/workshop.ts';
import type { DemoDevice } from './device.ts';
import { farmDevices, farmNotes } from './farm.ts';
import { hutNotes, inverterHutDevices } from './inverter-hut.ts';
import { victronDevices } from './victron.ts';
import { workshopDevices } from './workshop.ts';

export interface Place {
  /** The word for `--site`, and the name of its agent. */
  readonly id: string;
  /** As the page is headed when it is the only one. */
  readonly title: string;
  /** Its devices, as they are from a time on. */
  readonly devices: (timing: Timing) => readonly DemoDevice[];
  /** What is otherwise here than it would be there. */
  readonly notes?: readonly string[];
}

export const places: readonly Place[] = [
  {
    id: 'victron',
    title: 'Simulated cabin',
    devices: ({ startMs, seed, localOffsetMs }) => victronDevices(createSite(startMs, seed, localOffsetMs)),
  },
  {
    id: 'workshop',
    title: 'Simulated workshop',
    devices: (timing) => workshopDevices(createWorkshop(timing)),
  },
  {
    id: 'inverter',
    title: 'Simulated inverter hut',
    devices: (timing) => inverterHutDevices(createInverterHut(timing)),
    notes: hutNotes,
  },
  {
    id: 'farm',
    title: 'Simulated farm',
    devices: (timing) => farmDevices(createFarm(timing)),
    notes: farmNotes,
  },
];

/** Names of all devices of some places. */
export const deviceNames = (some: readonly Place[]): readonly string[] =>
  some.flatMap(({ devices }) => devices({ startMs: 0, seed: 0, localOffsetMs: 0 }).map(({ name }) => name));
