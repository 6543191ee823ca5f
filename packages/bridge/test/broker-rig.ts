// The embedded broker on a free port over a scratch log, for each test anew, and clients of it.

import { connect, type Socket } from 'node:net';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { afterEach, beforeEach } from 'vitest';
import { type Broker, type BrokerOptions, startBroker } from '../src/broker/broker.ts';
import { brokerSchema } from '../src/broker/schema.ts';
import { defaultTopics } from '../src/ingest/topics.ts';
import { createIntake, type Intake } from '../src/intake/intake.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { openGate } from './open-gate.ts';
import { reading, type Scratch, scratchLog } from './scratch-log.ts';

export interface BrokerScene {
  readonly scratch: Scratch;
  readonly broker: Broker;
  readonly reports: string[];
  start(more?: Partial<BrokerOptions>): Promise<void>;
  stop(): Promise<void>;
  /** The same store, the broker with other options. */
  replace(more: Partial<BrokerOptions>): Promise<void>;
  restart(): Promise<void>;
  client(options?: IClientOptions): Promise<MqttClient>;
  /** A connected client that can send what no library would. */
  raw(options: { readonly clientId: string; readonly clean?: boolean }): Promise<Socket>;
}

export const usualLimits = { packetBytesMax: 4 * 1024 * 1024, connectionsMax: 500, rateMax: 20_000 };

const days = createLocalDays('UTC');

/** Call where tests are declared. */
export function brokerScene(): BrokerScene {
  let scratch: Scratch;
  let intake: Intake;
  let broker: Broker;
  const clients: MqttClient[] = [];
  const reports: string[] = [];
  const report = (text: string) => void reports.push(text);
  const start = async (more: Partial<BrokerOptions> = {}): Promise<void> => {
    const { log, store } = scratch;
    intake = createIntake({ log, report, uptimeMs: () => performance.now() });
    const where = { host: '127.0.0.1', port: 0, topics: defaultTopics };
    const rest = { gate: openGate, limits: usualLimits, nowMs: () => Date.UTC(2026, 6, 1), days, report };
    broker = await startBroker({ ...where, intake, store, ...rest, ...more });
  };
  const stop = async (): Promise<void> => {
    await broker.close();
    intake.close();
  };
  beforeEach(async () => {
    reports.length = 0;
    scratch = scratchLog({}, [brokerSchema]);
    await start();
  });
  afterEach(async () => {
    for (const made of clients.splice(0)) made.end(true);
    await stop();
    scratch.remove();
  });
  return {
    get scratch() {
      return scratch;
    },
    get broker() {
      return broker;
    },
    ...{ reports, start, stop },
    replace: async (more) => {
      await stop();
      await start(more);
    },
    restart: async () => {
      await stop();
      scratch.restart();
      await start();
    },
    client: async (options = {}) => {
      const made = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
        reconnectPeriod: 0,
        ...options,
      });
      made.on('error', () => undefined);
      clients.push(made);
      return made;
    },
    raw: (options) => connectRaw(broker.port, options),
  };
}

function connectRaw(port: number, options: { clientId: string; clean?: boolean }): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const protocol = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4 } as const;
  socket.write(mqttPacket.generate({ ...protocol, clean: true, keepalive: 0, ...options }));
  return new Promise((resolve) => socket.once('data', () => resolve(socket)));
}

export const publish = (from: MqttClient, sequence: number, topic = 'victron/smartsolar/roof') =>
  from.publishAsync(topic, Buffer.from(reading(sequence).payload), { qos: 1 });

export interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly retain: boolean;
}

/** Resolves with the next message a client gets. */
export const next = (to: MqttClient): Promise<Heard> =>
  new Promise((resolve) =>
    to.once('message', (topic, payload, { retain }) => resolve({ topic, text: payload.toString(), retain })),
  );

export const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));
