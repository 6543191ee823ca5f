// A site under load for the kill test: twenty chargers on the virtual radio, an agent and a bridge as programs of their own,
// both to be killed and started again at any moment. Each measurement has a number of its own, so that one that was
// never made, or is stored under two identities, shows.

import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { advertisement } from '../../packages/simulator/src/demo/devices.ts';
import { serveH4 } from '../../packages/simulator/src/radio/h4-server.ts';
import { createPeripheral } from '../../packages/simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../packages/simulator/src/radio/virtual-radio.ts';
import { freePort } from '../../packages/simulator/src/services/free-port.ts';
import { type RunningProgram, startFromSource } from '../../packages/simulator/src/services/program.ts';

export type ProgramName = 'agent' | 'bridge';

/** One measurement of one charger. */
export interface Measurement {
  readonly charger: string;
  readonly number: number;
  readonly timeMs: number;
}

export interface KillSite {
  /** Starts what is not running. */
  start(name: ProgramName): void;
  /** SIGKILL; resolves when the process is gone. @throws Error when it had ended by itself */
  kill(name: ProgramName): Promise<void>;
  /** SIGTERM; resolves when it has ended. @throws Error when it did not end with 0 */
  stop(name: ProgramName): Promise<void>;
  /** What the agent said it has accepted. */
  readonly accepted: readonly Measurement[];
  /** Resolves when so many readings are accepted in all; rejects when that takes unreasonably long. */
  whenAccepted(count: number): Promise<void>;
  readonly chargers: readonly string[];
  /** How many measurements a charger has made. */
  made(charger: string): number;
  /** The bridge's answer over HTTP, as text. */
  ask(path: string): Promise<string>;
  /** Runs a command of a program to its end and gives its standard output. */
  command(name: ProgramName, ...words: string[]): Promise<string>;
  close(): Promise<void>;
}

const chargers = 20;
/** Twenty a second are made; programs start again meanwhile, on a machine that does other things. */
const acceptWithinMs = 60_000;
const charger = { record: '0x01', productId: 0xa057, key: 'ade0cb947395801a4dd45a2eaa44bf01' };

/** @param broker in place of the bridge's own */
export async function openKillSite(folder: string, broker?: string): Promise<KillSite> {
  const air = await openAir();
  const brokerPort = await freePort();
  const pagePort = await freePort();
  const listen = `listen: "127.0.0.1:${brokerPort}"`;
  writeFileSync(
    join(folder, 'bridge.yml'),
    `broker: { ${broker === undefined ? listen : `url: "${broker}"`} }\nstore: { path: store }\n` +
      `web: { listen: "127.0.0.1:${pagePort}" }\nsite: { name: Kill, timezone: UTC }\n`,
  );
  writeFileSync(
    join(folder, 'agent.yml'),
    `agent: kill\nmqtt: { url: "${broker ?? `mqtt://127.0.0.1:${brokerPort}`}" }\noutbox: { path: outbox }\n` +
      `bluetooth: { adapter: "tcp:127.0.0.1:${air.port}" }\ndevices:\n${air.entries.join('')}`,
  );
  const accepted: Measurement[] = [];
  const news = new EventEmitter();
  const programs = createPrograms(folder, (line) => {
    const measurement = readLine(line);
    if (measurement === undefined) return;
    accepted.push(measurement);
    news.emit('accepted');
  });
  return {
    ...{ accepted, chargers: air.names, made: air.made, ...programs },
    async whenAccepted(count) {
      const signal = AbortSignal.timeout(acceptWithinMs);
      while (accepted.length < count) await once(news, 'accepted', { signal });
    },
    ask: async (path) => (await fetch(`http://127.0.0.1:${pagePort}${path}`)).text(),
    async close() {
      await programs.end();
      await air.close();
    },
  };
}

/** Chargers on the air that have something new to say seven times a second. */
async function openAir() {
  const radio = createVirtualRadio();
  const made = new Map<string, number>();
  const names = Array.from({ length: chargers }, (_, index) => `charger-${index}`);
  const entries = names.map((name, index) => {
    const address = `FA:AC:27:00:02:${index.toString(16).padStart(2, '0').toUpperCase()}`;
    const advertising = () => {
      const number = (made.get(name) ?? 0) + 1;
      made.set(name, number);
      const values = { charge_state: 'bulk', battery_voltage: 13.2, pv_power: number };
      return advertisement(charger, number, values);
    };
    radio.add(createPeripheral({ address, addressType: 'random', intervalMs: 150, advertising }));
    return `  - { name: ${name}, definition: victron-ble, address: "${address}", key: ${charger.key}, interval: 1s }\n`;
  });
  const server = await serveH4(radio);
  return {
    ...{ names, entries, port: server.port, made: (name: string) => made.get(name) ?? 0 },
    async close() {
      await server.close();
      radio.close();
    },
  };
}

function createPrograms(folder: string, heard: (line: string) => void) {
  const running = new Map<ProgramName, RunningProgram>();
  const end = async (name: ProgramName, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const ending = await running.get(name)?.stop(signal);
    running.delete(name);
    const expected = signal === 'SIGKILL' ? ending?.signal === signal : ending?.code === 0;
    if (ending === undefined || expected) return;
    throw new Error(`the ${name} ended with ${ending.code ?? ending.signal}:\n${ending.stderr}`);
  };
  return {
    start(name: ProgramName): void {
      if (running.has(name)) return;
      const words = ['--quiet', 'run', ...(name === 'agent' ? ['--json'] : [])];
      running.set(name, startFromSource(name, words, { folder, heard }));
    },
    kill: (name: ProgramName) => end(name, 'SIGKILL'),
    stop: (name: ProgramName) => end(name, 'SIGTERM'),
    async command(name: ProgramName, ...words: string[]): Promise<string> {
      const { code, stdout, stderr } = await startFromSource(name, words, { folder }).ended;
      if (code !== 0) throw new Error(`${name} ${words.join(' ')} ended with ${code}:\n${stderr}`);
      return stdout;
    },
    async end(): Promise<void> {
      for (const program of running.values()) await program.stop('SIGKILL');
    },
  };
}

/** A line that SIGKILL cut short is no line. */
function readLine(line: string): Measurement | undefined {
  try {
    const { topic, timeMs, values } = JSON.parse(line);
    return { charger: topic.split('/')[2], number: values.pv_power, timeMs };
  } catch {
    return undefined;
  }
}
