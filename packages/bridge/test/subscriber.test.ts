import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startBroker } from '../src/broker/broker.ts';
import { brokerSchema } from '../src/broker/schema.ts';
import { defaultTopics } from '../src/ingest/topics.ts';
import { createIntake, type Intake, type IntakeOptions } from '../src/intake/intake.ts';
import { type Subscriber, type SubscriberOptions, startSubscriber } from '../src/subscriber/subscriber.ts';
import { message, noon, reading, type Scratch, scratchLog } from './log-helpers.ts';
import { hasMosquitto, type Mosquitto, startMosquitto } from './mosquitto-rig.ts';

let scratch: Scratch;
let intake: Intake;
let subscriber: Subscriber | undefined;
let mosquitto: Mosquitto;
const reports: string[] = [];
const publishers: MqttClient[] = [];
const report = (text: string) => void reports.push(text);

function start(options: Partial<SubscriberOptions> = {}, bounds: Partial<IntakeOptions> = {}): void {
  intake = createIntake({ log: scratch.log, report, uptimeMs: () => performance.now(), ...bounds });
  subscriber = startSubscriber({
    url: mosquitto.url,
    clientId: 'wattline-bridge-test',
    topics: defaultTopics,
    intake,
    nowMs: () => noon + 86_400_000,
    report,
    ...options,
  });
}

const connected = () =>
  vi.waitUntil(() => subscriber?.problem() === undefined, { timeout: 10_000, interval: 5 });
const stored = (count: number) =>
  vi.waitUntil(() => scratch.log.accounts().stored >= count, { timeout: 10_000, interval: 5 });

async function stop(): Promise<void> {
  intake.close();
  await subscriber?.close();
  subscriber = undefined;
}

async function publisher(url = mosquitto.url): Promise<MqttClient> {
  const client = await mqtt.connectAsync(url);
  client.on('error', () => undefined);
  publishers.push(client);
  return client;
}

const send = (client: MqttClient, sequence: number, qos: 0 | 1 | 2 = 1) => {
  const { topic, payload } = reading(sequence);
  return client.publishAsync(topic, Buffer.from(payload), { qos });
};

describe.skipIf(!hasMosquitto())('with Mosquitto', () => {
  beforeEach(async () => {
    reports.length = 0;
    scratch = scratchLog();
    mosquitto = await startMosquitto();
  });
  afterEach(async () => {
    for (const client of publishers.splice(0)) client.end(true);
    if (subscriber) await stop();
    await mosquitto.remove();
    scratch.remove();
  });

  test('readings of every quality of service are stored', async () => {
    start();
    await connected();
    const from = await publisher();
    await send(from, 0, 1);
    await send(from, 1, 0);
    await send(from, 2, 2);
    await stored(3);
    expect(scratch.log.accounts()).toMatchObject({ received: 3, stored: 3, missing: [] });
  });

  test('what is published while the bridge is away is there when it comes back, acknowledged only once stored', async () => {
    start();
    await connected();
    await stop();
    const from = await publisher();
    for (let sequence = 0; sequence < 200; sequence++) await send(from, sequence);
    // A bridge whose disk refuses acknowledges nothing …
    scratch.store.database.exec('PRAGMA query_only = ON');
    start({}, { retryMs: 60_000 });
    await vi.waitUntil(() => intake.problem() !== undefined);
    await stop();
    scratch.store.database.exec('PRAGMA query_only = OFF');
    // … so that the next one gets everything.
    start();
    await stored(200);
    expect(scratch.log.accounts()).toMatchObject({ stored: 200, missing: [] });
    await stop();
    // And the one after that nothing again.
    start();
    await connected();
    await send(from, 200);
    await stored(201);
    expect(scratch.log.accounts()).toMatchObject({ received: 201, duplicate: 0 });
  });

  test('a backlog larger than what may wait comes through, bounded and in order', async () => {
    start();
    await connected();
    await stop();
    const from = await publisher();
    await Promise.all(Array.from({ length: 3_000 }, (_, sequence) => send(from, sequence)));
    let most = 0;
    const append = scratch.log.append;
    start(
      {},
      {
        groupMax: 100,
        pendingMax: 300,
        log: {
          append: (group) => {
            most = Math.max(most, intake.pending);
            return append(group);
          },
        },
      },
    );
    await stored(3_000);
    expect(most).toBeLessThanOrEqual(300);
    expect(scratch.log.accounts()).toMatchObject({ received: 3_000, stored: 3_000, missing: [] });
    expect(scratch.log.read(0, 5_000).map(({ values }) => values['pv_power'])).toEqual(
      Array.from({ length: 3_000 }, (_, sequence) => sequence),
    );
  });

  test('closing acknowledges what is stored: nothing of it is delivered again', async () => {
    start();
    await connected();
    const from = await publisher();
    const sent = Promise.all(Array.from({ length: 2_000 }, (_, sequence) => send(from, sequence)));
    await stored(1);
    await subscriber?.close();
    intake.close();
    const before = scratch.log.accounts().received;
    await sent;
    start();
    await stored(2_000);
    expect(before).toBeLessThan(2_000);
    expect(scratch.log.accounts()).toMatchObject({ received: 2_000, duplicate: 0, missing: [] });
  });

  test('closing ends while the disk refuses and no more may wait', async () => {
    start({}, { pendingMax: 5, retryMs: 60_000 });
    await connected();
    scratch.store.database.exec('PRAGMA query_only = ON');
    const from = await publisher();
    await Promise.all(Array.from({ length: 50 }, (_, sequence) => send(from, sequence)));
    await vi.waitUntil(() => !intake.hasRoom());
    await subscriber?.close();
    intake.close();
    scratch.store.database.exec('PRAGMA query_only = OFF');
    start();
    await stored(50);
    expect(scratch.log.accounts()).toMatchObject({ received: 50, missing: [] });
  });

  test('a retained message without a time is no reading, one with a time is', async () => {
    const from = await publisher();
    await from.publishAsync('victron/a/timeless', '{"pv_power":5}', { qos: 1, retain: true });
    await from.publishAsync('victron/a/timed', `{"pv_power":5,"_timestamp":${noon}}`, {
      qos: 1,
      retain: true,
    });
    start();
    await stored(1);
    await connected();
    await from.publishAsync('victron/a/timeless', '{"pv_power":6}', { qos: 1, retain: true });
    await stored(2);
    expect(scratch.log.accounts().aside).toEqual({ retained_without_time: 1 });
    expect(Buffer.from(scratch.log.lastKnown('victron/a/timeless')?.payload ?? []).toString()).toContain('5');
  });

  test('a broker that goes is said once, and all goes on when it is back', async () => {
    start();
    await connected();
    await mosquitto.stop();
    await vi.waitUntil(() => reports.some((text) => text.includes('ECONNREFUSED')), { timeout: 5_000 });
    await mosquitto.start();
    await connected();
    await send(await publisher(), 0);
    await stored(1);
    expect(reports).toEqual([
      expect.stringContaining('connection lost'),
      expect.stringContaining('ECONNREFUSED'),
      expect.stringContaining('connected'),
    ]);
  });

  test('another client of the same name is said, and not fought with', async () => {
    start();
    await connected();
    await mqtt
      .connectAsync(mosquitto.url, { clientId: 'wattline-bridge-test', protocolVersion: 5 })
      .then((other) => {
        publishers.push(other);
      });
    await vi.waitUntil(() => subscriber?.problem() !== undefined);
    expect(reports).toEqual([expect.stringContaining('client_id of another bridge')]);
  });

  test('the state of an agent reaches listeners, and publishing is confirmed', async () => {
    start();
    await connected();
    const heard: string[] = [];
    scratch.log.onAgentState((agent, { state }) => heard.push(`${agent} ${state}`));
    const { topic, payload } = message('wattline/agent/barn/state', { state: 'sleeping' });
    await (await publisher()).publishAsync(topic, Buffer.from(payload), { qos: 1, retain: true });
    await vi.waitUntil(() => heard.length > 0);
    expect(heard).toEqual(['barn sleeping']);
    const from = await publisher();
    await from.subscribeAsync('wattline/agent/barn/stay_awake');
    const arrived = new Promise<string>((resolve) =>
      from.once('message', (_, bytes) => resolve(bytes.toString())),
    );
    await subscriber?.publish('wattline/agent/barn/stay_awake', '{"until":5}', { retain: true });
    expect(await arrived).toBe('{"until":5}');
    await stop();
    expect(reports).toEqual([]);
  });

  test('publishing without a connection is refused in words', async () => {
    await mosquitto.stop();
    start();
    await expect(subscriber?.publish('x', 'y', { retain: false })).rejects.toThrow(/cannot be reached/);
  });

  test('bridges of one group share the readings, and each has every agent state', async () => {
    const other = scratchLog();
    const otherIntake = createIntake({ log: other.log, report, uptimeMs: () => performance.now() });
    start({ group: 'bridges' });
    const second = startSubscriber({
      url: mosquitto.url,
      clientId: 'wattline-bridge-other',
      topics: defaultTopics,
      group: 'bridges',
      intake: otherIntake,
      nowMs: () => noon + 86_400_000,
      report,
    });
    await connected();
    await vi.waitUntil(() => second.problem() === undefined);
    const from = await publisher();
    for (let sequence = 0; sequence < 100; sequence++) await send(from, sequence);
    await from.publishAsync('wattline/agent/barn/state', '{"state":"online"}', { qos: 1 });
    const both = () => [scratch.log.accounts(), other.log.accounts()];
    await vi.waitUntil(
      () =>
        both().every(({ state }) => state === 1) &&
        both().reduce((sum, { stored: count }) => sum + count, 0) === 100,
      { timeout: 5_000 },
    );
    expect(Math.min(...both().map(({ stored: count }) => count))).toBeGreaterThan(0);
    otherIntake.close();
    await second.close();
    other.remove();
  });
});

test('topics that the broker does not let it read are named', async () => {
  reports.length = 0;
  scratch = scratchLog();
  const broker = await Aedes.createBroker({
    authorizeSubscribe: (_, subscription, done) =>
      done(null, subscription.topic.startsWith('jbd/') ? null : subscription),
  });
  const server = createServer((socket) => void broker.handle(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  intake = createIntake({ log: scratch.log, report, uptimeMs: () => performance.now() });
  const url = `mqtt://127.0.0.1:${address.port}`;
  subscriber = startSubscriber({
    url,
    clientId: 'bridge',
    topics: defaultTopics,
    intake,
    nowMs: () => noon,
    report,
  });
  await vi.waitUntil(() => reports.length > 0);
  expect(subscriber.problem()).toContain('does not let bridge read jbd/+/+');
  await stop();
  await new Promise<void>((resolve) => broker.close(resolve));
  server.close();
  scratch.remove();
});

test('a broker that speaks 3.1.1 only is spoken to in 3.1.1, and messages are stored', async () => {
  reports.length = 0;
  scratch = scratchLog({}, [brokerSchema]);
  const others: Intake = createIntake({
    log: { append: (group) => group.map(() => ({ is: 'stored' })) },
    report,
    uptimeMs: () => performance.now(),
  });
  const broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    topics: [],
    intake: others,
    store: scratch.store,
    admits: () => true,
    nowMs: () => noon,
    report: () => undefined,
  });
  const url = `mqtt://127.0.0.1:${broker.port}`;
  intake = createIntake({ log: scratch.log, report, uptimeMs: () => performance.now() });
  subscriber = startSubscriber({
    url,
    clientId: 'bridge',
    topics: defaultTopics,
    intake,
    nowMs: () => noon + 86_400_000,
    report,
  });
  await connected();
  const from = await publisher(url);
  await send(from, 0);
  await stored(1);
  expect(reports).toEqual([]);
  await stop();
  from.end(true);
  await broker.close();
  others.close();
  scratch.remove();
});
