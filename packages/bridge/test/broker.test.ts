import { describe, expect, test } from 'vitest';
import { startBroker } from '../src/broker/broker.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { brokerScene, next, publish, usualLimits } from './broker-rig.ts';
import { openGate } from './open-gate.ts';
import { reading } from './scratch-log.ts';

const scene = brokerScene();

describe('publishing', () => {
  test('is acknowledged when the reading is in the log', async () => {
    await publish(await scene.client(), 0);
    expect(scene.scratch.log.accounts()).toMatchObject({ received: 1, stored: 1 });
    expect(scene.scratch.log.read(0, 10)[0]?.values).toEqual({ pv_power: 0 });
  });

  test('is not acknowledged while the commit is not made', async () => {
    await scene.stop();
    const held: (() => void)[] = [];
    await scene.start({
      intake: {
        offer: (message, stored) => {
          held.push(() => stored({ is: 'stored' }, message));
          return true;
        },
        hasRoom: () => true,
      },
    });
    const from = await scene.client();
    let acknowledged = false;
    const published = publish(from, 0).then(() => {
      acknowledged = true;
    });
    const other = await scene.client();
    await other.publishAsync('elsewhere', 'x', { qos: 1 });
    expect(acknowledged).toBe(false);
    expect(held).toHaveLength(1);
    held[0]?.();
    await published;
  });

  test('what is no reading is acknowledged, counted, and closes nothing', async () => {
    const from = await scene.client();
    await from.publishAsync('victron/a/b', 'no json', { qos: 1 });
    await from.publishAsync('victron/a/b', '', { qos: 1 });
    await from.publishAsync(`victron/a/${'x'.repeat(60_000)}`, '{"a":1}', { qos: 1 });
    await from.publishAsync('victron/a/b', `{"a":"${'x'.repeat(500_000)}"}`, { qos: 1 });
    await publish(from, 0);
    expect(scene.scratch.log.accounts().aside).toEqual({ not_json: 2, unknown_shape: 1, too_big: 1 });
    expect(from.connected).toBe(true);
  });

  test('on topics that are not of the agents is passed on only', async () => {
    const to = await scene.client();
    await to.subscribeAsync('#', { qos: 1 });
    const heard = next(to);
    await (await scene.client()).publishAsync('homeassistant/status', 'online', { qos: 1 });
    expect(await heard).toMatchObject({ topic: 'homeassistant/status', text: 'online' });
    expect(scene.scratch.log.accounts().received).toBe(0);
  });

  test('reaches other subscribers after it is stored', async () => {
    const to = await scene.client();
    await to.subscribeAsync('victron/#', { qos: 1 });
    const heard = next(to).then((message) => ({ ...message, stored: scene.scratch.log.accounts().stored }));
    await publish(await scene.client(), 7);
    expect(await heard).toMatchObject({ topic: 'victron/smartsolar/roof', stored: 1, retain: false });
  });

  test('with QoS 0 and QoS 2 is stored as well', async () => {
    const from = await scene.client();
    await from.publishAsync('victron/a/b', Buffer.from(reading(0).payload), { qos: 0 });
    await from.publishAsync('victron/a/b', Buffer.from(reading(1).payload), { qos: 2 });
    expect(scene.scratch.log.accounts()).toMatchObject({ stored: 2 });
  });
});

describe('retained messages', () => {
  test('are there for a subscriber after a restart', async () => {
    const from = await scene.client();
    await from.publishAsync('homeassistant/device/x/config', '{"name":"x"}', { qos: 1, retain: true });
    await from.publishAsync('victron/a/b', 'gone', { qos: 1, retain: true });
    await from.publishAsync('victron/a/b', '', { qos: 1, retain: true });
    await scene.restart();
    const to = await scene.client();
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
    await scene.broker.publish('wattline/agent/barn/stay_awake', '{"until":5}', { retain: true });
    await scene.restart();
    const to = await scene.client();
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
    const from = await scene.client({ will });
    const to = await scene.client();
    await to.subscribeAsync('wattline/agent/+/state', { qos: 1 });
    const heard = next(to);
    from.stream.destroy();
    await heard;
    expect(scene.scratch.log.agents()).toMatchObject([{ agent: 'barn', state: { state: 'offline' } }]);
    await scene.restart();
    const later = await scene.client();
    const again = next(later);
    await later.subscribeAsync('wattline/agent/+/state', { qos: 1 });
    expect(await again).toMatchObject({ retain: true, text: expect.stringContaining('offline') });
  });
});

test('the will of a client that does not come back after a crash of the bridge is published', async () => {
  await scene.stop();
  const insert = scene.scratch.store.database.prepare('INSERT INTO broker_will VALUES (?, ?, ?, 1, 1, ?)');
  const offline = Buffer.from('{"state":"offline","version":"1","timeMs":5}');
  for (const agent of ['barn', 'shed']) {
    insert.run(agent, 'broker-before-the-crash', `wattline/agent/${agent}/state`, offline);
  }
  await scene.start({ heartbeatMs: 100 });
  // The shed's agent comes back with a will of its own.
  const shed = { topic: 'wattline/agent/shed/state', payload: offline, qos: 1 as const, retain: true };
  await scene.client({ clientId: 'shed', will: shed });
  const to = await scene.client();
  const heard = next(to);
  await to.subscribeAsync('wattline/agent/+/state', { qos: 1 });
  expect(await heard).toMatchObject({ topic: 'wattline/agent/barn/state' });
  expect(scene.scratch.log.agents().map(({ agent }) => agent)).toEqual(['barn']);
});

test('a port that is taken is said in words', async () => {
  await expect(
    startBroker({
      host: '127.0.0.1',
      port: scene.broker.port,
      topics: [],
      intake: { offer: () => true, hasRoom: () => true },
      store: scene.scratch.store,
      gate: openGate,
      limits: usualLimits,
      nowMs: () => 0,
      days: createLocalDays('UTC'),
      report: () => undefined,
    }),
  ).rejects.toThrow(/taken by another program/);
});
