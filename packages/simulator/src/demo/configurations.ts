// The two configuration files of the demonstration. What stands in them is checked by the programs' own loaders.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { cableDevices, radioDevices } from './devices.ts';
import type { Hardware } from './hardware.ts';

export interface BridgePorts {
  readonly brokerPort: number;
  readonly pagePort: number;
}

export function writeBridge(folder: string, { brokerPort, pagePort }: BridgePorts): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return write(folder, 'bridge.yml', {
    broker: { listen: `127.0.0.1:${brokerPort}` },
    store: { path: join(folder, 'store') },
    web: { listen: `127.0.0.1:${pagePort}` },
    site: { name: 'Simulated cabin', timezone: timeZone },
  });
}

export function writeAgent(
  folder: string,
  agent: string,
  brokerUrl: string,
  { radioPort, ports }: Pick<Hardware, 'radioPort' | 'ports'>,
): string {
  const onAir = radioDevices.map(({ name, type, address, key }) => {
    return { name, definition: 'victron-ble', type, address, key, interval: '2s' };
  });
  const byCable = cableDevices.flatMap(({ name, type }) => {
    const port = ports.get(name);
    return port === undefined ? [] : [{ name, definition: 'vedirect-text', type, port, interval: '2s' }];
  });
  return write(folder, 'agent.yml', {
    agent,
    mqtt: { url: brokerUrl },
    outbox: { path: join(folder, 'outbox') },
    bluetooth: { adapter: `tcp:127.0.0.1:${radioPort}` },
    devices: [...onAir, ...byCable],
  });
}

function write(folder: string, name: string, content: object): string {
  const file = join(folder, name);
  writeFileSync(file, stringify(content));
  return file;
}
