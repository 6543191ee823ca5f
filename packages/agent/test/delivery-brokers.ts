// Real brokers on free ports, and somebody who listens to what arrives.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import { onTestFinished } from 'vitest';
import { freePort } from '../../simulator/src/services/free-port.ts';
import {
  type Mosquitto,
  type MosquittoOptions,
  startMosquitto,
} from '../../simulator/src/services/mosquitto.ts';

export interface Broker {
  readonly port: number;
  readonly url: string;
  /** At once, as by a power cut. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Mosquitto for one test. */
export async function startTestMosquitto(options?: MosquittoOptions): Promise<Mosquitto> {
  const broker = await startMosquitto(options);
  onTestFinished(broker.remove);
  return broker;
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
