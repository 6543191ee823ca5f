// The hardware of the demonstration: a virtual radio with four devices in its air, and two cables.

import { join } from 'node:path';
import { type H4Server, serveH4 } from '../radio/h4-server.ts';
import { createPeripheral } from '../radio/peripheral.ts';
import { createVirtualRadio } from '../radio/virtual-radio.ts';
import { NoPseudoTerminal, openVirtualSerial, type VirtualSerial } from '../serial/virtual-serial.ts';
import type { SimulatedDevice, Site } from '../site/site.ts';
import { advertisement, cableDevices, radioDevices, sentBytes } from './devices.ts';

export interface Hardware {
  /** H4 byte stream of the radio, on 127.0.0.1. */
  readonly radioPort: number;
  /** Device name → path of its port; a cable without a pseudo terminal is missing. */
  readonly ports: ReadonlyMap<string, string>;
  /** Why a medium is missing, in words. */
  readonly missing: readonly string[];
  close(): Promise<void>;
}

const advertisingEveryMs = 500;
const blocksEveryMs = 1000;

/** @param faulty the device that is switched off */
export async function plugIn(site: Site, folder: string, faulty?: SimulatedDevice): Promise<Hardware> {
  const radio = createVirtualRadio();
  for (const device of radioDevices) {
    if (device.name === faulty) continue;
    radio.add(
      createPeripheral({
        address: device.address,
        addressType: 'random',
        name: device.name,
        intervalMs: advertisingEveryMs,
        rssi: () => -58 - Math.round(Math.random() * 9),
        advertising: () => {
          const now = Date.now();
          return advertisement(device, Math.floor(now / 1000), site.at(now)[device.name]);
        },
      }),
    );
  }
  const server: H4Server = await serveH4(radio);
  const cables = new Map<string, VirtualSerial>();
  const missing: string[] = [];
  for (const { name } of cableDevices) {
    try {
      cables.set(name, await openVirtualSerial(join(folder, `ttyVE-${name}`)));
    } catch (error) {
      if (!(error instanceof NoPseudoTerminal)) throw error;
      missing.push(`${name} (VE.Direct cable): ${error.message}`);
    }
  }
  const timer = setInterval(() => {
    const moment = site.at(Date.now());
    for (const device of cableDevices) {
      if (device.name !== faulty) cables.get(device.name)?.write(sentBytes(device, moment[device.name]));
    }
  }, blocksEveryMs);
  return {
    radioPort: server.port,
    ports: new Map([...cables].map(([name, { path }]) => [name, path])),
    missing,
    async close() {
      clearInterval(timer);
      await server.close();
      radio.close();
      await Promise.all([...cables.values()].map((cable) => cable.close()));
    },
  };
}
