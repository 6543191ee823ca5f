import { connect, type Socket } from 'node:net';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Broker, type BrokerOptions, startBroker } from '../src/broker/broker.ts';
import { createFollower } from '../src/broker/packet-guard.ts';
import { brokerSchema } from '../src/broker/schema.ts';
import { defaultTopics } from '../src/ingest/topics.ts';
import { createIntake, type Intake } from '../src/intake/intake.ts';
import { reading, type Scratch, scratchLog } from './log-helpers.ts';

let scratch: Scratch;
let intake: Intake;
let broker: Broker;
const clients: MqttClient[] = [];
const reports: string[] = [];

async function start(more: Partial<BrokerOptions> = {}): Promise<void> {
  const report = (text: string) => void reports.push(text);
  intake = createIntake({ log: scratch.log, report, uptimeMs: () => performance.now() });
  broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    topics: defaultTopics,
    intake,
    store: scratch.store,
    admits: () => true,
    nowMs: () => Date.UTC(2026, 6, 1),
    report,
    ...more,
  });
}

async function stop(): Promise<void> {
  await broker.close();
  intake.close();
}

async function restart(): Promise<void> {
  await stop();
  scratch.restart();
  await start();
}

async function client(options: IClientOptions = {}): Promise<MqttClient> {
  const made = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0, ...options });
  made.on('error', () => undefined);
  clients.push(made);
  return made;
}

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

const publish = (from: MqttClient, sequence: number, topic = 'victron/smartsolar/roof') =>
  from.publishAsync(topic, Buffer.from(reading(sequence).payload), { qos: 1 });

/** Resolves with the next message a client gets. */
const next = (to: MqttClient) =>
  new Promise<{ topic: string; text: string; retain: boolean }>((resolve) =>
    to.once('message', (topic, payload, { retain }) => resolve({ topic, text: payload.toString(), retain })),
  );

describe('publishing', () => {
  test('is acknowledged when the reading is in the log', async () => {
    await publish(await client(), 0);
    expect(scratch.log.accounts()).toMatchObject({ received: 1, stored: 1 });
    expect(scratch.log.read(0, 10)[0]?.values).toEqual({ pv_power: 0 });
  });

  test('is not acknowledged while the commit is not made', async () => {
    await stop();
    const held: (() => void)[] = [];
    await start({
      intake: {
        offer: (_, stored) => {
          held.push(() => stored({ is: 'stored' }));
          return true;
        },
        hasRoom: () => true,
      },
    });
    const from = await client();
    let acknowledged = false;
    const published = publish(from, 0).then(() => {
      acknowledged = true;
    });
    const other = await client();
    await other.publishAsync('elsewhere', 'x', { qos: 1 });
    expect(acknowledged).toBe(false);
    expect(held).toHaveLength(1);
    held[0]?.();
    await published;
  });

  test('what is no reading is acknowledged, counted, and closes nothing', async () => {
    const from = await client();
    await from.publishAsync('victron/a/b', 'no json', { qos: 1 });
    await from.publishAsync('victron/a/b', '', { qos: 1 });
    await from.publishAsync(`victron/a/${'x'.repeat(60_000)}`, '{"a":1}', { qos: 1 });
    await from.publishAsync('victron/a/b', `{"a":"${'x'.repeat(500_000)}"}`, { qos: 1 });
    await publish(from, 0);
    expect(scratch.log.accounts().aside).toEqual({ not_json: 2, unknown_shape: 1, too_big: 1 });
    expect(from.connected).toBe(true);
  });

  test('on topics that are not of the agents is passed on only', async () => {
    const to = await client();
    await to.subscribeAsync('#', { qos: 1 });
    const heard = next(to);
    await (await client()).publishAsync('homeassistant/status', 'online', { qos: 1 });
    expect(await heard).toMatchObject({ topic: 'homeassistant/status', text: 'online' });
    expect(scratch.log.accounts().received).toBe(0);
  });

  test('reaches other subscribers after it is stored', async () => {
    const to = await client();
    await to.subscribeAsync('victron/#', { qos: 1 });
    const heard = next(to).then((message) => ({ ...message, stored: scratch.log.accounts().stored }));
    await publish(await client(), 7);
    expect(await heard).toMatchObject({ topic: 'victron/smartsolar/roof', stored: 1, retain: false });
  });

  test('with QoS 0 and QoS 2 is stored as well', async () => {
    const from = await client();
    await from.publishAsync('victron/a/b', Buffer.from(reading(0).payload), { qos: 0 });
    await from.publishAsync('victron/a/b', Buffer.from(reading(1).payload), { qos: 2 });
    expect(scratch.log.accounts()).toMatchObject({ stored: 2 });
  });
});

describe('retained messages', () => {
  test('are there for a subscriber after a restart', async () => {
    const from = await client();
    await from.publishAsync('homeassistant/device/x/config', '{"name":"x"}', { qos: 1, retain: true });
    await from.publishAsync('victron/a/b', 'gone', { qos: 1, retain: true });
    await from.publishAsync('victron/a/b', '', { qos: 1, retain: true });
    await restart();
    const to = await client();
    const heard: string[] = [];
    to.on('message', (topic, payload, { retain }) => heard.push(`${topic} ${payload.toString()} ${retain}`));
    const arrived = next(to);
    await to.subscribeAsync('#', { qos: 1 });
    await arrived;
    await to.publishAsync('end', 'x', { qos: 1 });
    await next(to);
    expect(heard).toEqual(['homeassistant/device/x/config {"name":"x"} true', 'end x false']);
  });

  test('published by the bridge itself survive too', async () => {
    await broker.publish('wattline/agent/barn/stay_awake', '{"until":5}', { retain: true });
    await restart();
    const to = await client();
    const heard = next(to);
    await to.subscribeAsync('wattline/agent/barn/stay_awake');
    expect(await heard).toEqual({
      topic: 'wattline/agent/barn/stay_awake',
      text: '{"until":5}',
      retain: true,
    });
  });

  test('left by a will survive, and the state is known', async () => {
    const will = {
      topic: 'wattline/agent/barn/state',
      payload: Buffer.from('{"state":"offline","version":"1","timeMs":5}'),
      qos: 1 as const,
      retain: true,
    };
    const from = await client({ will });
    const to = await client();
    await to.subscribeAsync('wattline/agent/+/state', { qos: 1 });
    const heard = next(to);
    from.stream.destroy();
    await heard;
    expect(scratch.log.agents()).toMatchObject([{ agent: 'barn', state: { state: 'offline' } }]);
    await restart();
    const later = await client();
    const again = next(later);
    await later.subscribeAsync('wattline/agent/+/state', { qos: 1 });
    expect(await again).toMatchObject({ retain: true, text: expect.stringContaining('offline') });
  });
});

test('the will of a client that does not come back after a crash of the bridge is published', async () => {
  await stop();
  const insert = scratch.store.database.prepare('INSERT INTO broker_will VALUES (?, ?, ?, 1, 1, ?)');
  const offline = Buffer.from('{"state":"offline","version":"1","timeMs":5}');
  for (const agent of ['barn', 'shed']) {
    insert.run(agent, 'broker-before-the-crash', `wattline/agent/${agent}/state`, offline);
  }
  await start({ heartbeatMs: 100 });
  // The shed's agent comes back with a will of its own.
  const shed = { topic: 'wattline/agent/shed/state', payload: offline, qos: 1 as const, retain: true };
  await client({ clientId: 'shed', will: shed });
  const to = await client();
  const heard = next(to);
  await to.subscribeAsync('wattline/agent/+/state', { qos: 1 });
  expect(await heard).toMatchObject({ topic: 'wattline/agent/barn/state' });
  expect(scratch.log.agents().map(({ agent }) => agent)).toEqual(['barn']);
});

describe('bounds', () => {
  test('a packet larger than is read ends its connection and is said; others go on', async () => {
    await stop();
    await start({ packetBytesMax: 10_000 });
    const other = await client();
    const from = await client();
    const closed = new Promise<void>((resolve) => from.once('close', () => resolve()));
    from.publish('victron/a/b', 'x'.repeat(10_001), { qos: 1 });
    await closed;
    await publish(other, 0);
    expect(reports.join()).toContain('at most 10000 are read');
  });

  test('the follower of packets finds every length, however the stream is cut', () => {
    const stream = Buffer.concat(
      [0, 1, 127, 128, 16_383, 16_384, 70_000].map((size) =>
        mqttPacket.generate({
          cmd: 'publish',
          topic: 't',
          payload: 'x'.repeat(size),
          qos: 0,
          dup: false,
          retain: false,
        }),
      ),
    );
    for (const step of [1, 2, 3, 1000, stream.length]) {
      const follow = createFollower();
      let largest = 0;
      for (let at = 0; at < stream.length; at += step) {
        largest = Math.max(largest, follow(stream.subarray(at, at + step)));
      }
      expect(largest).toBe(70_003);
    }
  });

  test('no more connections than the bound', async () => {
    await stop();
    await start({ connectionsMax: 2 });
    await client();
    await client();
    const third = connect(broker.port, '127.0.0.1');
    third.on('error', () => undefined);
    await new Promise<void>((resolve) => third.once('close', () => resolve()));
    expect(broker.connections()).toBe(2);
  });

  test('while the store takes nothing and no more may wait, nobody is let in', async () => {
    await stop();
    let room = false;
    await start({ intake: { offer: () => false, hasRoom: () => room } });
    await expect(client()).rejects.toThrow(/unavailable/i);
    room = true;
    await client();
  });

  test('nothing is queued for a subscriber that is away', async () => {
    const options: IClientOptions = { clientId: 'away', clean: false };
    const to = await client(options);
    await to.subscribeAsync('victron/#', { qos: 1 });
    await to.endAsync();
    await publish(await client(), 0);
    const back = await client(options);
    const heard: string[] = [];
    back.on('message', (topic) => heard.push(topic));
    await back.subscribeAsync('end', { qos: 1 });
    const end = next(back);
    await back.publishAsync('end', 'x', { qos: 1 });
    await end;
    expect(heard).toEqual(['end']);
    expect(reports.filter((text) => text.includes('session'))).toHaveLength(1);
  });

  test('nothing of a session is left for the next, not even a handshake that was half done', async () => {
    const to = await client();
    await to.subscribeAsync('x', { qos: 1 });
    for (const text of ['first', 'second']) {
      const heard = next(to);
      const socket = await raw({ clientId: 'half', clean: false });
      const packet = {
        cmd: 'publish',
        topic: 'x',
        payload: text,
        messageId: 1,
        dup: false,
        retain: false,
      } as const;
      socket.write(mqttPacket.generate({ ...packet, qos: 2 }));
      expect((await heard).text).toBe(text);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.destroy();
      await closed;
    }
  });

  test('what MQTT forbids in a topic ends the connection, and nothing of it is stored', async () => {
    for (const topic of ['victron/#', 'victron/a\0/b', 'victron/+/b']) {
      const socket = await raw({ clientId: 'hostile' });
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.write(publishBytes(topic));
      await closed;
    }
    await publish(await client(), 0);
    expect(scratch.log.accounts().received).toBe(1);
  });

  test('random bytes instead of MQTT end their own connection only', async () => {
    const other = await client();
    for (const bytes of [Buffer.alloc(100, 0xff), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(5)]) {
      const socket = connect(broker.port, '127.0.0.1');
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.on('error', () => undefined);
      socket.end(bytes);
      socket.resume();
      await closed;
    }
    await publish(other, 0);
    expect(scratch.log.accounts().stored).toBe(1);
  });
});

test('who is not admitted cannot connect', async () => {
  await stop();
  await start({
    admits: (username, password) => username === 'barn' && Buffer.from(password ?? []).toString() === 'pw',
  });
  await expect(client()).rejects.toThrow(/authorized/i);
  await expect(client({ username: 'barn', password: 'no' })).rejects.toThrow(/authorized/i);
  await publish(await client({ username: 'barn', password: 'pw' }), 0);
  expect(scratch.log.accounts().stored).toBe(1);
});

test('a port that is taken is said in words', async () => {
  await expect(
    startBroker({
      host: '127.0.0.1',
      port: broker.port,
      topics: [],
      intake,
      store: scratch.store,
      admits: () => true,
      nowMs: () => 0,
      report: () => undefined,
    }),
  ).rejects.toThrow(/taken by another program/);
});

/** A connected client that can send what no library would. */
function raw(options: { clientId: string; clean?: boolean }): Promise<Socket> {
  const socket = connect(broker.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    mqttPacket.generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 0,
      ...options,
    }),
  );
  return new Promise((resolve) => socket.once('data', () => resolve(socket)));
}

function publishBytes(topic: string): Buffer {
  const name = Buffer.from(topic);
  const payload = Buffer.from(reading(0).payload);
  const length = 2 + name.length + 2 + payload.length;
  const head = Buffer.from([0x32, (length & 0x7f) | 0x80, length >> 7, name.length >> 8, name.length & 0xff]);
  return Buffer.concat([head, name, Buffer.from([0, 1]), payload]);
}
