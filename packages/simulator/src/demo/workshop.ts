// The workshop of the demonstration: two JBD batteries that want their password, and a LiTime controller, all three
// connected to by Bluetooth.

import { createJbdBoard, createJbdModule } from '../devices/jbd.ts';
import { createJbdPeripheral } from '../devices/jbd-peripheral.ts';
import { createLitime, createLitimePeripheral } from '../devices/litime.ts';
import type { Workshop } from '../site/workshop.ts';
import type { DemoDevice } from './device.ts';
import { polled } from './poll.ts';

const advertisingEveryMs = 300;

const batteries = [
  { name: 'workshop-left', side: 'left', address: 'A4:C1:38:00:00:11', password: '370412' },
  { name: 'workshop-right', side: 'right', address: 'A4:C1:38:00:00:12', password: '918273' },
] as const;

const controller = { name: 'workshop-controller', address: 'C8:47:8C:00:00:21' } as const;

export const workshopDevices = (workshop: Workshop): readonly DemoDevice[] => [
  ...batteries.map((battery) => batteryOf(workshop, battery)),
  controllerOf(workshop),
];

function batteryOf(
  workshop: Workshop,
  { name, side, address, password }: (typeof batteries)[number],
): DemoDevice {
  const boardAt = (timeMs: () => number) => createJbdBoard(() => workshop.at(timeMs())[side]);
  const random = () => Math.floor(Math.random() * 256);
  const peripheral = () =>
    createJbdPeripheral(createJbdModule(boardAt(Date.now), { address, password, random }), {
      ...{ address, name, intervalMs: advertisingEveryMs },
    });
  return {
    ...{ name, type: 'battery', definition: 'jbd', settings: { password }, units: [name] },
    reach: { by: 'radio', address, peripheral },
    readings: polled('jbd', 'gatt', (timeMs) => boardAt(() => timeMs).receive),
  };
}

function controllerOf(workshop: Workshop): DemoDevice {
  const { name, address } = controller;
  const unitAt = (timeMs: () => number) => createLitime(() => workshop.at(timeMs()).controller);
  const peripheral = () =>
    createLitimePeripheral(unitAt(Date.now), { address, name, intervalMs: advertisingEveryMs });
  return {
    ...{ name, type: 'solar_charger', definition: 'litime-mppt', units: [name] },
    reach: { by: 'radio', address, peripheral },
    readings: polled('litime-mppt', 'gatt', (timeMs) => unitAt(() => timeMs).receive),
  };
}
