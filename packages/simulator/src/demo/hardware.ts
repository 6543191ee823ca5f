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
  const cables: Cable[] = [];
  const ports = new Map<string, string>();
  const missing: string[] = [];
  for (const { port, ends } of endsByPort(devices)) {
    const isOn = ends.every(({ name }) => name !== faulty);
    try {
      const cable = await layCable(join(folder, port), isOn ? ends : []);
      cables.push(cable);
      for (const { name } of ends) ports.set(name, cable.path);
    } catch (error) {
      if (!(error instanceof NoPseudoTerminal)) throw error;
      for (const { name, cable } of ends) missing.push(`${name} (${cable}): ${error.message}`);
    }
  }
  return {
    radioPort: server.port,
    ports,
    missing,
    async close() {
      await server.close();
      radio.close();
      await Promise.all(cables.map((cable) => cable.close()));
    },
  };
}

type Cable = Pick<VirtualSerial, 'path' | 'close'>;

/** What of one device is at a port. */
type End = Extract<DemoDevice['reach'], { by: 'cable' }> & Pick<DemoDevice, 'name'>;

/** A device that is read in two of its languages is at one port twice. */
function endsByPort(
  devices: readonly DemoDevice[],
): readonly { readonly port: string; readonly ends: readonly End[] }[] {
  const ends = devices.flatMap(({ name, reach }): End[] =>
    reach.by === 'cable' ? [{ ...reach, name }] : [],
  );
  return [...new Set(ends.map(({ port }) => port))].map((port) => ({
    port,
    ends: ends.filter((end) => end.port === port),
  }));
}

async function layCable(path: string, ends: readonly End[]): Promise<Cable> {
  const line: VirtualSerial = await openVirtualSerial(path, (request) => {
    const all = ends.flatMap(({ answers }) => answers?.(request) ?? []);
    if (all.length > 0) line.write(Buffer.concat(all));
  });
  const timers = ends.flatMap(({ tells }) =>
    tells === undefined ? [] : [setInterval(() => line.write(tells.bytes()), tells.everyMs)],
  );
  return {
    path: line.path,
    async close() {
      for (const timer of timers) clearInterval(timer);
      await line.close();
    },
  };
}
