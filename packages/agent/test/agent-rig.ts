// An installation for whole programs: chargers in the air of a virtual radio, a folder with a configuration, and the
// agent run as a person runs it.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { type Advertiser, advertisedBytes } from '../../simulator/src/demo/devices.ts';
import { manufacturerAdvertising } from '../../simulator/src/radio/advertising-payload.ts';
import { serveH4 } from '../../simulator/src/radio/h4-server.ts';
import { createPeripheral, type Peripheral } from '../../simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import {
  type ProgramOptions,
  type RunningProgram,
  startFromSource,
} from '../../simulator/src/services/program.ts';

const company = 0x02e1;
const advertisingEveryMs = 100;

export interface Charger extends Advertiser {
  readonly name: string;
  readonly address: string;
  readonly peripheral: Peripheral;
  /** Measurements made so far; each has its number as `pv_power`. */
  measured(): number;
}

export interface Installation {
  readonly folder: string;
  /** As `bluetooth.adapter` names it. */
  readonly adapter: string;
  /** Puts one into the air, where it makes a new measurement at each advertisement. */
  charger(name: string): Charger;
  /** Puts any device into the air. */
  put(peripheral: Peripheral): void;
  /** Writes a file into the folder; returns its path. */
  write(name: string, text: string): string;
  read(name: string): string;
  agent(words: readonly string[], options?: Partial<ProgramOptions>): RunningProgram;
  /** The radio's connection breaks; it may be made again. */
  hangUp(): void;
}

export async function openInstallation(): Promise<Installation> {
  const folder = scratchFolder();
  const radio = createVirtualRadio();
  const server = await serveH4(radio);
  const started: RunningProgram[] = [];
  onTestFinished(async () => {
    for (const program of started) await program.stop('SIGKILL');
    await server.close();
    radio.close();
  });
  let chargers = 0;
  return {
    folder,
    adapter: `tcp:127.0.0.1:${server.port}`,
    charger(name) {
      const number = (++chargers).toString(16).padStart(2, '0').toUpperCase();
      const address = `FA:AC:27:00:00:${number}`;
      const key = `5ec4e7${number}`.padEnd(32, 'c').toLowerCase();
      const device: Advertiser = { record: '0x01', productId: 0xa057, key };
      let measured = 0;
      const advertising = () => {
        const values = { charge_state: 'bulk', battery_voltage: 13.2, pv_power: ++measured };
        return manufacturerAdvertising(company, advertisedBytes(device, measured, values));
      };
      const peripheral = createPeripheral({
        ...{ address, name, advertising },
        ...{ addressType: 'random', intervalMs: advertisingEveryMs },
      });
      radio.add(peripheral);
      return { ...device, name, address, peripheral, measured: () => measured };
    },
    put: (peripheral) => void radio.add(peripheral),
    write(name, text) {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    },
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    agent(words, options) {
      const program = startFromSource('agent', words, { folder, ...options });
      started.push(program);
      return program;
    },
    hangUp: server.hangUp,
  };
}

export interface Written {
  readonly adapter: string;
  /** Of the broker. */
  readonly port: number;
  readonly devices: readonly string[];
  /** Further keys of `mqtt`. */
  readonly login?: string;
  /** Further keys of the file. */
  readonly more?: string;
}

/** The text of an agent.yml whose outbox lies beside it. */
export const agentFile = ({ adapter, port, devices, login, more = '' }: Written): string =>
  [
    'agent: barn',
    `mqtt: { host: 127.0.0.1, port: ${port}${login === undefined ? '' : `, ${login}`} }`,
    'outbox: { path: outbox }',
    `bluetooth: { adapter: "${adapter}" }`,
    more,
    'devices:',
    ...devices.map((device) => `  - ${device}`),
    '',
  ].join('\n');

/** A device of an agent.yml. */
export const entryOf = ({ name, address, key }: Charger, more = ''): string =>
  `{ name: ${name}, definition: victron-ble, type: smartsolar, address: "${address}", key: ${key}${more} }`;
