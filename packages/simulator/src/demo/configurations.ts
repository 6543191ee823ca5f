// The two configuration files of the demonstration. What stands in them is checked by the programs' own loaders.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { DemoDevice } from './device.ts';
import type { Hardware } from './hardware.ts';

export interface BridgeSettings {
  /** Of the site, as the page is headed. */
  readonly title: string;
  readonly brokerPort: number;
  readonly pagePort: number;
}

export function writeBridge(folder: string, { title, brokerPort, pagePort }: BridgeSettings): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return write(folder, 'bridge.yml', {
    broker: { listen: `127.0.0.1:${brokerPort}` },
    store: { path: join(folder, 'store') },
    web: { listen: `127.0.0.1:${pagePort}` },
    site: { name: title, timezone: timeZone },
  });
}

/** The agent is the only one of its site, and called like it. */
export function writeAgent(
  folder: string,
  agent: string,
  brokerUrl: string,
  devices: readonly DemoDevice[],
  { radioPort, ports }: Pick<Hardware, 'radioPort' | 'ports'>,
): string {
  const entries = devices.flatMap(({ name, definition, type, settings, reach }) => {
    const place = reach.by === 'radio' ? { address: reach.address } : { port: ports.get(name) };
    if ('port' in place && place.port === undefined) return [];
    return [{ name, definition, type, ...place, ...settings, interval: '2s' }];
  });
  return write(folder, 'agent.yml', {
    agent,
    site: agent,
    mqtt: { url: brokerUrl },
    outbox: { path: join(folder, 'outbox') },
    bluetooth: { adapter: `tcp:127.0.0.1:${radioPort}` },
    devices: entries,
  });
}

function write(folder: string, name: string, content: object): string {
  const file = join(folder, name);
  writeFileSync(file, stringify(content));
  return file;
}
