// A subscriber over a scratch log, for each test anew, with publishers, at a Mosquitto of its own where one is wanted.

import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, vi } from 'vitest';
import { type Mosquitto, startMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { brokerSchema } from '../src/broker/schema.ts';
import { defaultTopics } from '../src/ingest/topics.ts';
import { createIntake, type Intake, type IntakeOptions } from '../src/intake/intake.ts';
import { type Subscriber, type SubscriberOptions, startSubscriber } from '../src/subscriber/subscriber.ts';
import { noon, reading, type Scratch, scratchLog } from './scratch-log.ts';

export interface SubscriberScene {
  readonly scratch: Scratch;
  readonly intake: Intake;
  readonly subscriber: Subscriber | undefined;
  readonly mosquitto: Mosquitto;
  readonly reports: string[];
  start(options?: Partial<SubscriberOptions>, bounds?: Partial<IntakeOptions>): void;
  stop(): Promise<void>;
  connected(): Promise<unknown>;
  /** Resolves when so many readings are in the log. */
  stored(count: number): Promise<unknown>;
  publisher(options?: IClientOptions, url?: string): Promise<MqttClient>;
}

/** Call where tests are declared. */
export function subscriberScene(broker: 'with Mosquitto' | 'without a broker'): SubscriberScene {
  let scratch: Scratch;
  let intake: Intake;
  let subscriber: Subscriber | undefined;
  let mosquitto: Mosquitto;
  const publishers: MqttClient[] = [];
  const reports: string[] = [];
  const report = (text: string) => void reports.push(text);
  const stop = async (): Promise<void> => {
    intake.close();
    await subscriber?.close();
    subscriber = undefined;
  };
  beforeEach(async () => {
    reports.length = 0;
    scratch = scratchLog({}, [brokerSchema]);
    if (broker === 'with Mosquitto') mosquitto = await startMosquitto();
  });
  afterEach(async () => {
    for (const client of publishers.splice(0)) client.end(true);
    if (subscriber) await stop();
    if (broker === 'with Mosquitto') await mosquitto.remove();
    scratch.remove();
  });
  return {
    get scratch() {
      return scratch;
    },
    get intake() {
      return intake;
    },
    get subscriber() {
      return subscriber;
    },
    get mosquitto() {
      return mosquitto;
    },
    ...{ reports, stop },
    start: (options = {}, bounds = {}) => {
      intake = createIntake({ log: scratch.log, report, uptimeMs: () => performance.now(), ...bounds });
      const url = options.url ?? mosquitto.url;
      const rest = {
        clientId: 'wattline-bridge-test',
        topics: defaultTopics,
        nowMs: () => noon + 86_400_000,
      };
      subscriber = startSubscriber({ ...rest, intake, report, ...options, url });
    },
    connected: () => vi.waitUntil(() => subscriber?.problem() === undefined, patience),
    stored: (count) => vi.waitUntil(() => scratch.log.accounts().stored >= count, patience),
    publisher: async (options = {}, url = mosquitto.url) => {
      const client = await mqtt.connectAsync(url, options);
      client.on('error', () => undefined);
      publishers.push(client);
      return client;
    },
  };
}

const patience = { timeout: 10_000, interval: 5 };

export const send = (client: MqttClient, sequence: number, qos: 0 | 1 | 2 = 1) => {
  const { topic, payload } = reading(sequence);
  return client.publishAsync(topic, Buffer.from(payload), { qos });
};
