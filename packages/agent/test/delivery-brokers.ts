// Real brokers on free ports, and somebody who listens to what arrives.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import { onTestFinished } from 'vitest';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

export interface Broker {
  readonly port: number;
  readonly url: string;
  /** At once, as by a power cut. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface MosquittoOptions {
  readonly acl?: string;
  /** More lines of the configuration. */
  readonly lines?: readonly string[];
  readonly listener?: readonly string[];
}

export interface Mosquitto extends Broker {
  /** Another access list from now on. */
  allow(acl: string): Promise<void>;
}

/** Mosquitto that keeps nothing over a restart and believes every user name. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const directory = mkdtempSync(join(tmpdir(), 'wattline-mosquitto-'));
  const port = await freePort();
  const aclFile = join(directory, 'acl');
  const configuration = join(directory, 'mosquitto.conf');
  if (options.acl !== undefined) writeFileSync(aclFile, options.acl);
  writeFileSync(configuration, configurationOf(options, port, aclFile));
  let child: ChildProcessByStdio<null, null, Readable>;
  let output: Interface;
  const said = async (words: string): Promise<void> => {
    for await (const [line] of on(output, 'line', { close: ['close'] })) {
      if (String(line).includes(words)) return;
    }
    throw new Error('Mosquitto ended');
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const start = async (): Promise<void> => {
    child = spawn('mosquitto', ['-c', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
    output = createInterface(child.stderr);
    await said(' running');
  };
  await start();
  onTestFinished(async () => {
    await kill();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    kill,
    start,
    async allow(acl) {
      writeFileSync(aclFile, acl);
      child.kill('SIGHUP');
      await said('Reloading config');
    },
  };
}

function configurationOf(
  { acl, lines = [], listener = [] }: MosquittoOptions,
  port: number,
  aclFile: string,
): string {
  const access = ['allow_anonymous true', ...(acl === undefined ? [] : [`acl_file ${aclFile}`])];
  // Without the first line it would give up root and could not read what the test made.
  return [
    'user root',
    'log_dest stderr',
    'log_type all',
    ...lines,
    `listener ${port} 127.0.0.1`,
    ...listener,
    ...access,
    '',
  ].join('\n');
}

/** The bridge's embedded broker: speaks MQTT 3.1.1 only. */
export async function startAedes(): Promise<Broker & { readonly broker: () => Aedes }> {
  const port = await freePort();
  let broker: Aedes;
  let server: ReturnType<typeof createServer>;
  const sockets = new Set<{ destroy(): unknown }>();
  const start = async (): Promise<void> => {
    broker = await Aedes.createBroker();
    server = createServer((socket) => {
      sockets.add(socket);
      broker.handle(socket);
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const kill = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    server.close();
    await new Promise<void>((resolve) => broker.close(resolve));
  };
  await start();
  onTestFinished(kill);
  return { port, url: `mqtt://127.0.0.1:${port}`, kill, start, broker: () => broker };
}

export interface Arrival {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

export interface Subscriber {
  readonly arrivals: readonly Arrival[];
  /** Resolves when what has arrived fits. */
  until(fits: (arrivals: readonly Arrival[]) => boolean): Promise<void>;
  publish(topic: string, payload: string, retain?: boolean): Promise<void>;
}

/** Listens to everything, with MQTT 5 unless told otherwise. */
export async function subscribeAll(
  { url }: Pick<Broker, 'url'>,
  protocolVersion: 4 | 5 = 5,
): Promise<Subscriber> {
  const client = await mqtt.connectAsync(url, { protocolVersion, username: 'observer', reconnectPeriod: 50 });
  const arrivals: Arrival[] = [];
  const waiting = new Set<() => void>();
  client.on('error', () => {});
  client.on('message', (topic, payload, { retain }) => {
    arrivals.push({ topic, payload: payload.toString(), retain });
    for (const look of waiting) look();
  });
  await client.subscribeAsync('#', { qos: 1 });
  onTestFinished(() => client.endAsync(true));
  return {
    arrivals,
    until(fits) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (!fits(arrivals)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      return promise;
    },
    async publish(topic, payload, retain = false) {
      await client.publishAsync(topic, payload, { qos: 1, retain });
    },
  };
}
