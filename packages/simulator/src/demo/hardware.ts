// The hardware of one place: a virtual radio with its devices in the air, and its cables.

import { join } from 'node:path';
import { serveH4 } from '../radio/h4-server.ts';
import { createVirtualRadio } from '../radio/virtual-radio.ts';
import { NoPseudoTerminal, openVirtualSerial, type VirtualSerial } from '../serial/virtual-serial.ts';
import type { DemoDevice } from './device.ts';

export interface Hardware {
  /** H4 byte stream of the radio, on 127.0.0.1. */
  readonly radioPort: number;
  /** Device name → path of its port; a cable without a pseudo terminal is missing. */
  readonly ports: ReadonlyMap<string, string>;
  /** Why a medium is missing, in words. */
  readonly missing: readonly string[];
  close(): Promise<void>;
}

/** @param faulty the device that is switched off */
export async function plugIn(
  devices: readonly DemoDevice[],
  folder: string,
  faulty?: string,
): Promise<Hardware> {
  const radio = createVirtualRadio();
  for (const { name, reach } of devices)
    if (reach.by === 'radio' && name !== faulty) radio.add(reach.peripheral());
  const server = await serveH4(radio);
  const cables = new Map<string, Cable>();
  const missing: string[] = [];
  for (const device of devices) {
    if (device.reach.by !== 'cable') continue;
    try {
      cables.set(device.name, await layCable(device.reach, folder, device.name !== faulty));
    } catch (error) {
      if (!(error instanceof NoPseudoTerminal)) throw error;
      missing.push(`${device.name} (${device.reach.cable}): ${error.message}`);
    }
  }
  return {
    radioPort: server.port,
    ports: new Map([...cables].map(([name, { path }]) => [name, path])),
    missing,
    async close() {
      await server.close();
      radio.close();
      await Promise.all([...cables.values()].map((cable) => cable.close()));
    },
  };
}

type Cable = Pick<VirtualSerial, 'path' | 'close'>;

async function layCable(
  { port, tells, answers }: Extract<DemoDevice['reach'], { by: 'cable' }>,
  folder: string,
  isOn: boolean,
): Promise<Cable> {
  const line: VirtualSerial = await openVirtualSerial(join(folder, port), (request) => {
    const all = isOn && answers !== undefined ? answers(request) : [];
    if (all.length > 0) line.write(Buffer.concat(all));
  });
  const timer =
    isOn && tells !== undefined ? setInterval(() => line.write(tells.bytes()), tells.everyMs) : undefined;
  return {
    path: line.path,
    async close() {
      clearInterval(timer);
      await line.close();
    },
  };
}
