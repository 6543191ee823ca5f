// The inverter hut of the demonstration: three Axperts in parallel behind the cable of one, a VM III by Bluetooth, and a
// stack of batteries on a CAN bus behind a USB-CAN-A.

import { formatUsbCanA } from '@wattline/protocols';
import { type AxpertState, type AxpertUnit, createAxpert } from '../devices/axpert.ts';
import { axpertValue, createAxpertPeripheral } from '../devices/axpert-peripheral.ts';
import { createUsbCanAdapter, pylontechFrames } from '../devices/can-battery.ts';
import type { InverterHut } from '../site/inverter-hut.ts';
import { heardOnBus } from './bus.ts';
import type { DemoDevice } from './device.ts';
import { polled } from './poll.ts';

const advertisingEveryMs = 300;
const framesEveryMs = 1000;

/** Of the one at the cable, and of the two that it tells of. */
const serials = ['92932307100381', '92932307100382', '92932307100383'] as const;

export const hutNotes: readonly string[] = [
  'the three Axperts are asked over RS232 here: the same PI30 as by USB HID, for which only a kernel can make a device',
  'the VM III lets itself be read without its PIN: the virtual radio knows no bonds',
];

export const inverterHutDevices = (hut: InverterHut): readonly DemoDevice[] => [
  axpertsOf(hut),
  vm3Of(hut),
  stackOf(hut),
];

function axpertsOf(hut: InverterHut): DemoDevice {
  const name = 'hut-axpert';
  const systemAt = (timeMs: () => number) => {
    const units = serials.map(
      (serial, index): AxpertUnit => ({
        serial,
        state: () => hut.at(timeMs()).parallel[index] as AxpertState,
      }),
    );
    return createAxpert(units[0] as AxpertUnit, units);
  };
  const axpert = systemAt(Date.now);
  return {
    ...{ name, type: 'inverter', definition: 'voltronic-pi30' },
    units: serials.map((_, number) => (number === 0 ? name : `${name}_unit_${number}`)),
    reach: { by: 'cable', cable: 'RS232 cable', port: 'ttyUSB-axpert', answers: axpert.receive },
    readings: polled('voltronic-pi30', 'serial', (timeMs) => systemAt(() => timeMs).receive),
  };
}

function vm3Of(hut: InverterHut): DemoDevice {
  const name = 'hut-vm3';
  const address = 'D0:5A:00:00:00:31';
  const peripheral = () =>
    createAxpertPeripheral(() => hut.at(Date.now()).single, { address, intervalMs: advertisingEveryMs });
  return {
    ...{ name, type: 'inverter', definition: 'voltronic-ble', units: [name] },
    reach: { by: 'radio', address, peripheral },
    readings: polled('voltronic-ble', 'gatt-values', (timeMs) => (request) => {
      const value = axpertValue(Buffer.from(request).toString('hex'), hut.at(timeMs).single);
      return value === undefined ? [] : [value];
    }),
  };
}

function stackOf(hut: InverterHut): DemoDevice {
  const name = 'hut-stack';
  const framesAt = (timeMs: number) => pylontechFrames(hut.at(timeMs).stack);
  const adapter = createUsbCanAdapter();
  return {
    ...{ name, type: 'battery', definition: 'can-pylontech', units: [name] },
    reach: {
      ...{ by: 'cable', cable: 'USB-CAN-A', port: 'ttyUSB-can' },
      answers(bytes) {
        adapter.receive(bytes);
        return [];
      },
      tells: {
        everyMs: framesEveryMs,
        // Before it was set it passes nothing on.
        bytes: () => Buffer.concat(adapter.isSet() ? framesAt(Date.now()).map(formatUsbCanA) : []),
      },
    },
    readings: heardOnBus('can-pylontech', framesAt),
  };
}
