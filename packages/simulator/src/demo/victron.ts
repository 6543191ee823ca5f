// The Victron site of the demonstration: a cabin whose devices advertise, and a shed with two cables, one of which is read in
// text and asked in HEX.

import { type Decoded, definitions, type Values, victronCompany } from '@wattline/protocols';
import { createHexPort } from '../devices/vedirect-hex.ts';
import { createPeripheral } from '../radio/peripheral.ts';
import type { SimulatedDevice, Site } from '../site/site.ts';
import type { DemoDevice } from './device.ts';
import {
  advertisedBytes,
  advertisement,
  type CableDevice,
  cableDevices,
  type RadioDevice,
  radioDevices,
  sentBytes,
} from './devices.ts';
import { polled } from './poll.ts';

const advertisingEveryMs = 500;
const blocksEveryMs = 1000;

export function victronDevices(site: Site): readonly DemoDevice[] {
  const valuesOf = (name: SimulatedDevice, timeMs = Date.now()): Values => site.at(timeMs)[name];
  return [
    ...radioDevices.map((device): DemoDevice => {
      const { name, type, key, address } = device;
      const peripheral = () =>
        createPeripheral({
          ...{ address, addressType: 'random', name, intervalMs: advertisingEveryMs },
          rssi: () => -58 - Math.round(Math.random() * 9),
          advertising: () => {
            const now = Date.now();
            return advertisement(device, nonceOf(now), valuesOf(name, now));
          },
        });
      return {
        ...{ name, type, definition: 'victron-ble', settings: { key }, units: [name] },
        reach: { by: 'radio', address, peripheral },
        readings: (timeMs) => [heard(device, timeMs, valuesOf(name, timeMs))],
      };
    }),
    ...cableDevices.map((device): DemoDevice => {
      const { name, type } = device;
      const bytes = () => sentBytes(device, valuesOf(name));
      return {
        ...{ name, type, definition: 'vedirect-text', units: [name] },
        reach: {
          by: 'cable',
          cable: veDirect,
          port: portOf(name),
          tells: { everyMs: blocksEveryMs, bytes },
        },
        readings: (timeMs) => [read(device, valuesOf(name, timeMs))],
      };
    }),
    hexOf(site),
  ];
}

const veDirect = 'VE.Direct cable';
const portOf = (name: SimulatedDevice): string => `ttyVE-${name}`;

/** The other language of a charger that sends its text at the same cable. */
function hexOf(site: Site): DemoDevice {
  const name = 'shed-more';
  const { answers, unasked } = hexPortAt(() => site.at(Date.now()).shed);
  return {
    ...{ name, type: 'mppt', definition: 'vedirect-hex', units: [name] },
    reach: {
      ...{ by: 'cable', cable: veDirect, port: portOf('shed'), answers },
      tells: { everyMs: blocksEveryMs, bytes: unasked },
    },
    readings: polled('vedirect-hex', 'serial', (timeMs) => {
      const shown = site.at(timeMs).shed;
      return hexPortAt(() => shown).answers;
    }),
  };
}

function hexPortAt(shown: () => Values) {
  const { receive, unasked } = createHexPort(shown);
  return { answers: receive, unasked: () => Buffer.concat(unasked()) };
}

const nonceOf = (timeMs: number): number => Math.floor(timeMs / 1000);

const definitionOf = (id: string) => definitions.find((definition) => definition.id === id);

function heard(device: RadioDevice, timeMs: number, values: Values): Decoded {
  const payload = advertisedBytes(device, nonceOf(timeMs), values);
  const decoded = definitionOf('victron-ble')?.hear?.decode(
    { source: victronCompany, payload },
    Buffer.from(device.key, 'hex'),
  );
  if (decoded === undefined || 'ignored' in decoded) throw new Error(`${device.name} sent no reading`);
  return decoded;
}

function read(device: CableDevice, values: Values): Decoded {
  const [decoded] = definitionOf('vedirect-text')?.readStream?.(sentBytes(device, values)).readings ?? [];
  if (decoded === undefined) throw new Error(`${device.name} sent no reading`);
  return decoded;
}
