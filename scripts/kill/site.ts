// A site under load for the kill test: twenty chargers on the virtual radio, an agent and a bridge as programs of their own,
// both to be killed and started again at any moment.

import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { advertisedBytes, radioDevices } from '../../packages/simulator/src/demo/devices.ts';
import { manufacturerAdvertising } from '../../packages/simulator/src/radio/advertising-payload.ts';
import { serveH4 } from '../../packages/simulator/src/radio/h4-server.ts';
import { createPeripheral } from '../../packages/simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../packages/simulator/src/radio/virtual-radio.ts';
import { freePort } from '../../packages/simulator/src/services/free-port.ts';
import { createSite } from '../../packages/simulator/src/site/site.ts';

export type ProgramName = 'agent' | 'bridge';

export interface KillSite {
  /** Starts what is not running. */
  start(name: ProgramName): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(name: ProgramName): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(name: ProgramName): Promise<number | null>;
  /** What the agent said it has accepted: topic and time of measuring. */
  readonly accepted: ReadonlySet<string>;
  /** Resolves when so many readings are accepted in all; rejects when that takes unreasonably long. */
  whenAccepted(count: number): Promise<void>;
  readonly names: readonly string[];
  /** Runs a command of a program to its end and gives its standard output. */
  command(name: ProgramName, ...words: string[]): Promise<string>;
  close(): Promise<void>;
}

const devices = 20;
/** Twenty a second are made; programs start again meanwhile, on a machine that does other things. */
const acceptWithinMs = 60_000;
const company = 0x02e1;

export const keyOf = (topic: string, timeMs: number): string => `${topic} ${timeMs}`;

export async function openKillSite(root: string, folder: string): Promise<KillSite> {
  const air = await openAir();
  const brokerPort = await freePort();
  const pagePort = await freePort();
  const files = { agent: join(folder, 'agent.yml'), bridge: join(folder, 'bridge.yml') };
  writeFileSync(
    files.bridge,
    `broker: { listen: "127.0.0.1:${brokerPort}" }\nstore: { path: ${folder}/store }\n` +
      `web: { listen: "127.0.0.1:${pagePort}" }\nsite: { name: Kill, timezone: UTC }\n`,
  );
  writeFileSync(
    files.agent,
    `agent: kill\nmqtt: { host: 127.0.0.1, port: ${brokerPort} }\noutbox: { path: ${folder}/outbox }\n` +
      `bluetooth: { adapter: "tcp:127.0.0.1:${air.port}" }\ndevices:\n${air.entries.join('')}`,
  );
  const accepted = new Set<string>();
  const news = new EventEmitter();
  const programs = createPrograms(root, files, (line) => {
    const reading = readLine(line);
    if (reading === undefined) return;
    accepted.add(reading);
    news.emit('accepted');
  });
  return {
    accepted,
    async whenAccepted(count) {
      const signal = AbortSignal.timeout(acceptWithinMs);
      while (accepted.size < count) await once(news, 'accepted', { signal });
    },
    names: air.names,
    start: programs.start,
    kill: async (name) => void (await programs.end(name, 'SIGKILL')),
    stop: (name) => programs.end(name, 'SIGTERM'),
    command: programs.command,
    async close() {
      for (const name of ['agent', 'bridge'] as const) await programs.end(name, 'SIGKILL');
      await air.close();
    },
  };
}

/** Chargers on the air that have something new to say seven times a second. */
async function openAir() {
  const [model] = radioDevices;
  if (model === undefined) throw new Error('there are no simulated devices');
  const weather = createSite(Date.now() - 3_600_000, 7, 0);
  const radio = createVirtualRadio();
  const names = Array.from({ length: devices }, (_, index) => `charger-${index}`);
  const entries = names.map((name, index) => {
    const address = `FA:AC:27:00:02:${index.toString(16).padStart(2, '0').toUpperCase()}`;
    let nonce = 0;
    const advertising = () =>
      manufacturerAdvertising(company, advertisedBytes(model, nonce++, weather.at(Date.now())[model.name]));
    radio.add(createPeripheral({ address, addressType: 'random', intervalMs: 150, advertising }));
    return `  - { name: ${name}, definition: victron-ble, address: "${address}", key: ${model.key}, interval: 1s }\n`;
  });
  const server = await serveH4(radio);
  return {
    names,
    entries,
    port: server.port,
    async close() {
      await server.close();
      radio.close();
    },
  };
}

function createPrograms(
  root: string,
  files: { readonly [name in ProgramName]: string },
  heard: (line: string) => void,
) {
  const running = new Map<ProgramName, ChildProcess>();
  const wordsOf = (name: ProgramName) => [
    join(root, `packages/${name}/src/main.ts`),
    '--config',
    files[name],
    '--quiet',
  ];
  return {
    start(name: ProgramName): void {
      if (running.has(name)) return;
      const words = [...wordsOf(name), 'run', ...(name === 'agent' ? ['--json'] : [])];
      const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] });
      running.set(name, child);
      createInterface({ input: child.stdout }).on('line', heard);
    },
    async end(name: ProgramName, signal: NodeJS.Signals): Promise<number | null> {
      const child = running.get(name);
      running.delete(name);
      if (child === undefined) return null;
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const closed = once(child, 'close');
      child.kill(signal);
      await closed;
      return child.exitCode;
    },
    async command(name: ProgramName, ...words: string[]): Promise<string> {
      const child = spawn(process.execPath, [...wordsOf(name), ...words], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      const [code] = await once(child, 'close');
      if (code !== 0) throw new Error(`${name} ${words.join(' ')} ended with ${code}`);
      return Buffer.concat(chunks).toString();
    },
  };
}

/** A line that SIGKILL cut short is no line. */
function readLine(line: string): string | undefined {
  try {
    const { topic, timeMs } = JSON.parse(line) as { topic: string; timeMs: number };
    return keyOf(topic, timeMs);
  } catch {
    return undefined;
  }
}
