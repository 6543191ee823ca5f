// A site under load: twenty chargers on the virtual radio, an agent, a broker, a bridge and its sinks as programs of their
// own, with a link that can fail between each two of them, a disk that can be filled and clocks that can be wrong.

import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../packages/simulator/src/services/free-port.ts';
import { type Ending, startFromSource } from '../../packages/simulator/src/services/program.ts';
import { type Air, openAir } from './air.ts';
import { createSteppedClock, type SteppedClock } from './clock.ts';
import { type Link, openLink } from './link.ts';
import { type Database, startDatabases } from './stores.ts';
import { type Supervised, supervise } from './supervised.ts';
import { tierNames } from './tiers.ts';

export type ProgramName = 'agent' | 'bridge';

/** One measurement of one charger. */
export interface Measurement {
  readonly charger: string;
  readonly number: number;
  readonly timeMs: number;
}

export interface SiteOptions {
  /** For configurations and clocks. */
  readonly folder: string;
  /** For store, outbox and files. */
  readonly disk: string;
  /** Port of a broker in place of the bridge's own. */
  readonly broker?: number;
  /** libfaketime; without it no clock is stepped. */
  readonly faketime?: string;
  /** When a program ended by itself. */
  readonly surprised: (name: ProgramName, ending: Ending) => void;
}

export interface Site extends Pick<Air, 'made' | 'fallSilent'> {
  readonly programs: { readonly [name in ProgramName]: Supervised };
  readonly clocks: { readonly [name in ProgramName]: SteppedClock } | undefined;
  readonly databases: readonly Database[];
  /** By what they connect. */
  readonly links: readonly { readonly name: string; readonly link: Link }[];
  /** What the agent said it has accepted. */
  readonly accepted: readonly Measurement[];
  /** Resolves when so many readings are accepted in all; rejects when that takes unreasonably long. */
  whenAccepted(count: number): Promise<void>;
  readonly chargers: readonly string[];
  /** The bridge's answer over HTTP, as text. */
  ask(path: string, method?: 'GET' | 'POST'): Promise<string>;
  /** How many readings wait in the agent's outbox. */
  outbox(): Promise<number>;
  close(): Promise<void>;
}

/** Twenty a second are made; programs start again meanwhile, on a machine that does other things. */
const acceptWithinMs = 90_000;

export async function openSite(options: SiteOptions): Promise<Site> {
  const { folder, faketime } = options;
  const air = await openAir();
  const databases = await startDatabases();
  const ports = { broker: options.broker ?? (await freePort()), page: await freePort() };
  const links = { agent: await openLink(ports.broker, 'all'), bridge: await openLink(ports.broker, 'first') };
  writeBridge(options, ports, links.bridge, databases);
  writeAgent(options, links.agent, air);
  const clocks = faketime === undefined ? undefined : openClocks(folder, faketime);
  const accepted: Measurement[] = [];
  const news = new EventEmitter();
  const programs = openPrograms(options, clocks, (line) => {
    const measurement = readLine(line);
    if (measurement === undefined) return;
    accepted.push(measurement);
    news.emit('accepted');
  });
  const ask: Site['ask'] = async (path, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${ports.page}${path}`, { method });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} was answered by ${answer.status}: ${text}`);
    return text;
  };
  return {
    ...{
      databases,
      accepted,
      programs,
      clocks,
      ask,
      chargers: air.names,
      made: air.made,
      fallSilent: air.fallSilent,
    },
    links: [
      { name: 'agent and broker', link: links.agent },
      ...(options.broker === undefined ? [] : [{ name: 'broker and bridge', link: links.bridge }]),
      ...databases.map(({ name, link }) => ({ name: `bridge and ${name}`, link })),
    ],
    whenAccepted: async (count) => {
      const signal = AbortSignal.timeout(acceptWithinMs);
      while (accepted.length < count) await once(news, 'accepted', { signal });
    },
    outbox: async () => {
      const { code, stdout, stderr } = await startFromSource('agent', ['outbox', '--json'], { folder }).ended;
      if (code !== 0) throw new Error(`agent outbox ended with ${code}:\n${stderr}`);
      return (JSON.parse(stdout) as { readings: number }).readings;
    },
    close: async () => {
      await Promise.all(Object.values(programs).map((program) => program.end()));
      for (const link of Object.values(links)) link.close();
      for (const database of databases) await database.close();
      await air.close();
    },
  };
}

function writeBridge(
  { folder, disk, broker }: SiteOptions,
  ports: { readonly broker: number; readonly page: number },
  link: Link,
  databases: readonly Database[],
): void {
  const where =
    broker === undefined ? `listen: "127.0.0.1:${ports.broker}"` : `url: "mqtt://127.0.0.1:${link.port}"`;
  const tiers = tierNames.map((name) => `{ every: ${name}, keep: 30d }`).join(', ');
  const sinks = [
    ...databases.map(({ entry }) => entry),
    ...['csv', 'jsonl'].map((type) => `{ name: ${type}, type: ${type}, path: "${join(disk, type)}" }`),
  ];
  writeFileSync(
    join(folder, 'bridge.yml'),
    `broker: { ${where} }\nstore: { path: "${join(disk, 'store')}", raw: 30d, tiers: [${tiers}] }\n` +
      `sinks: [${sinks.join(', ')}]\nweb: { listen: "127.0.0.1:${ports.page}" }\n` +
      'site: { name: Faults, timezone: UTC }\n',
  );
}

const writeAgent = ({ folder, disk }: SiteOptions, link: Link, air: Air): void =>
  writeFileSync(
    join(folder, 'agent.yml'),
    `agent: barn\nmqtt: { url: "mqtt://127.0.0.1:${link.port}" }\noutbox: { path: "${join(disk, 'outbox')}" }\n` +
      `bluetooth: { adapter: "tcp:127.0.0.1:${air.port}" }\ndevices:\n${air.entries}`,
  );

const openClocks = (folder: string, library: string) => ({
  agent: createSteppedClock(folder, 'agent', library),
  bridge: createSteppedClock(folder, 'bridge', library),
});

function openPrograms(
  { folder, surprised }: SiteOptions,
  clocks: Site['clocks'],
  heard: (line: string) => void,
): Site['programs'] {
  const open = (name: ProgramName, words: readonly string[]) =>
    supervise(
      () => {
        const environment = clocks?.[name].environment ?? {};
        return startFromSource(name, ['--quiet', 'run', ...words], { folder, environment, heard });
      },
      (ending) => surprised(name, ending),
    );
  return { agent: open('agent', ['--json']), bridge: open('bridge', []) };
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
