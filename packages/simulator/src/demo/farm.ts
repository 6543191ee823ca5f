// The farm of the demonstration: an InfiniSolar at its cable, a Renogy controller and a SmartShunt connected to by Bluetooth,
// and a stack of Dyness modules behind an adapter that speaks slcan.

import { formatSlcan, ProtocolError } from '@wattline/protocols';
import { dynessFrames, victronFrames } from '../devices/can-battery.ts';
import { createInfiniSolar } from '../devices/infinisolar.ts';
import { createRenogy, createRenogyPeripheral, rover60 } from '../devices/renogy.ts';
import { createSlcanAdapter } from '../devices/slcan-adapter.ts';
import { createSmartShunt, smartShuntValue } from '../devices/smartshunt-peripheral.ts';
import type { Farm } from '../site/farm.ts';
import { heardOnBus } from './bus.ts';
import type { DemoDevice } from './device.ts';
import { polled } from './poll.ts';

const advertisingEveryMs = 300;
const framesEveryMs = 1000;
const inverterSerial = '96161704100242';
const moduleCount = 3;

export const farmNotes: readonly string[] = [
  'the stack speaks of itself as one battery in the style of Victron, and of each module as Dyness does: one bus, two families',
  'the SmartShunt lets itself be read without its PIN: the virtual radio knows no bonds',
];

export const farmDevices = (farm: Farm): readonly DemoDevice[] => [
  inverterOf(farm),
  controllerOf(farm),
  monitorOf(farm),
  stackOf(farm),
];

function inverterOf(farm: Farm): DemoDevice {
  const name = 'farm-inverter';
  const unitAt = (timeMs: () => number) =>
    createInfiniSolar({ serial: inverterSerial, state: () => farm.at(timeMs()).inverter });
  const inverter = unitAt(Date.now);
  return {
    ...{ name, type: 'inverter', definition: 'voltronic-pi18', units: [name] },
    reach: { by: 'cable', cable: 'RS232 cable', port: 'ttyUSB-infinisolar', answers: inverter.receive },
    readings: polled('voltronic-pi18', 'serial', (timeMs) => unitAt(() => timeMs).receive),
  };
}

function controllerOf(farm: Farm): DemoDevice {
  const name = 'farm-controller';
  const address = '80:6F:B0:00:00:41';
  const unitAt = (timeMs: () => number) => createRenogy(() => farm.at(timeMs()).controller, rover60);
  const peripheral = () =>
    createRenogyPeripheral(unitAt(Date.now), {
      ...{ address, name: 'BT-TH-B0000041', intervalMs: advertisingEveryMs },
    });
  return {
    ...{ name, type: 'solar_charger', definition: 'renogy-controller', units: [name] },
    reach: { by: 'radio', address, peripheral },
    readings: polled('renogy-controller', 'gatt', (timeMs) => unitAt(() => timeMs).receive),
  };
}

function monitorOf(farm: Farm): DemoDevice {
  const name = 'farm-monitor';
  const address = 'FA:AC:27:00:00:42';
  const peripheral = () =>
    createSmartShunt(() => farm.at(Date.now()).monitor, {
      ...{ address, addressType: 'random', name, intervalMs: advertisingEveryMs },
    }).peripheral;
  return {
    ...{ name, type: 'smartshunt', definition: 'victron-gatt', units: [name] },
    reach: { by: 'radio', address, peripheral },
    readings: polled('victron-gatt', 'gatt-values', (timeMs) => (request) => {
      const value = smartShuntValue(Buffer.from(request).toString('hex'), farm.at(timeMs).monitor);
      if (value === undefined) throw new ProtocolError('refused', 'it has no such characteristic');
      return [value];
    }),
  };
}

function stackOf(farm: Farm): DemoDevice {
  const name = 'farm-stack';
  const wholeAt = (timeMs: number) => victronFrames(farm.at(timeMs).stack);
  const modulesAt = (timeMs: number) => dynessFrames(farm.at(timeMs).modules);
  const framesAt = (timeMs: number) => [...wholeAt(timeMs), ...modulesAt(timeMs)];
  // A week is heard much sooner by the two families that are there than by all that could be.
  const heard = [heardOnBus('can-victron', wholeAt), heardOnBus('can-dyness', modulesAt)];
  const adapter = createSlcanAdapter();
  return {
    ...{ name, type: 'battery', definition: 'can-battery', settings: { adapter: 'slcan' } },
    units: [name, ...Array.from({ length: moduleCount }, (_, index) => `${name}_module_${index + 1}`)],
    reach: {
      ...{ by: 'cable', cable: 'slcan adapter', port: 'ttyACM-canable', answers: adapter.receive },
      tells: {
        everyMs: framesEveryMs,
        bytes: () => Buffer.concat(adapter.isListening() ? framesAt(Date.now()).map(formatSlcan) : []),
      },
    },
    readings: (timeMs) => heard.flatMap((readingsAt) => readingsAt(timeMs)),
  };
}
