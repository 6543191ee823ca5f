// Users at the embedded broker: who is let in, and who may publish and read what.

import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { IClientOptions } from 'mqtt';
import { beforeEach, describe, expect, test } from 'vitest';
import { createGate } from '../src/broker/gate.ts';
import { readUsers, writeUsers } from '../src/users/users-file.ts';
import { brokerScene, closed, next, publish, usualLimits } from './broker-rig.ts';
import { reading } from './scratch-log.ts';
import { passwordOf, type UsersScene, usersScene } from './users-rig.ts';

const scene = brokerScene();
let people: UsersScene;

beforeEach(async () => {
  // `reading` of the scratch log names the agent barn.
  people = await usersScene({
    barn: 'agent',
    shed: 'agent',
    axpert: 'publisher',
    wall: 'viewer',
    owner: 'admin',
  });
  await scene.replace({ gate: createGate(people.users, false) });
});

const as = (name: string, more: IClientOptions = {}): Promise<Awaited<ReturnType<typeof scene.client>>> =>
  scene.client({ username: name, password: passwordOf(name), ...more });

/** Resolves with whether the broker hung up instead of acknowledging. */
async function isHungUpOn(name: string, topic: string, payload: string, retain = false): Promise<boolean> {
  const client = await as(name);
  const ended = new Promise<boolean>((resolve) => client.once('close', () => resolve(true)));
  const sent = client.publishAsync(topic, payload, { qos: 1, retain }).then(
    () => false,
    () => true,
  );
  return Promise.race([ended, sent]);
}

const roof = 'victron/smartsolar/roof';
const unnamed = JSON.stringify({ pv_power: 7, _timestamp: Date.UTC(2026, 5, 30) });

describe('who is let in', () => {
  test.each([
    [{}, /Not authorized/],
    [{ username: 'barn', password: 'no' }, /Bad username or password/],
    [{ username: 'nobody', password: 'no' }, /Bad username or password/],
    [{ username: 'barn' }, /Bad username or password/],
  ])('%j is told so', async (options, says) => {
    await expect(scene.client(options)).rejects.toThrow(says);
    expect(scene.broker.refused()).toMatchObject({ sign_in: 1 });
    expect(scene.reports.join('\n')).toMatch(/client .* is refused: /);
    expect(scene.reports.join('\n')).not.toContain(passwordOf('barn'));
  });

  test('a cause is said once, and counted each time', async () => {
    for (let tried = 0; tried < 3; tried++)
      await expect(scene.client({ username: 'barn', password: `no ${tried}` })).rejects.toThrow();
    expect(scene.broker.refused().sign_in).toBe(3);
    expect(scene.reports).toHaveLength(1);
  });

  test('a user does not throw another out by its client id; the same user does', async () => {
    const barn = await as('barn', { clientId: 'agent' });
    await expect(as('shed', { clientId: 'agent' })).rejects.toThrow(/Identifier rejected/);
    await publish(barn, 0);
    const ended = new Promise<void>((resolve) => barn.once('close', () => resolve()));
    await as('barn', { clientId: 'agent' });
    await ended;
  });

  test('a will for another agent is refused at the connection', async () => {
    const will = {
      topic: 'wattline/agent/barn/state',
      payload: Buffer.from('{}'),
      qos: 1 as const,
      retain: true,
    };
    await expect(as('shed', { will })).rejects.toThrow(/Not authorized/);
    await as('barn', { will });
  });

  test('who is removed is disconnected', async () => {
    const barn = await as('barn');
    const shed = await as('shed');
    const ended = new Promise<void>((resolve) => barn.once('close', () => resolve()));
    writeUsers(
      people.file,
      readUsers(people.file).filter(({ name }) => name !== 'barn'),
    );
    await ended;
    await expect(as('barn')).rejects.toThrow(/Bad username or password/);
    expect(shed.connected).toBe(true);
  });
});

describe('an agent', () => {
  test('publishes readings as itself', async () => {
    await publish(await as('barn'), 0);
    expect(scene.scratch.log.accounts()).toMatchObject({ received: 1, stored: 1 });
  });

  test('is hung up on with a reading of another, which is set aside and reaches nobody', async () => {
    const viewer = await as('wall');
    const heard: string[] = [];
    viewer.on('message', (topic) => heard.push(topic));
    await viewer.subscribeAsync('#', { qos: 1 });
    expect(await isHungUpOn('shed', roof, reading(0).payload.toString(), true)).toBe(true);
    expect(await isHungUpOn('shed', roof, unnamed)).toBe(true);
    expect(scene.scratch.log.accounts()).toMatchObject({ stored: 0, aside: { foreign_agent: 2 } });
    const marker = next(viewer);
    await (await as('owner')).publishAsync('end', 'x', { qos: 1 });
    await marker;
    expect(heard).toEqual(['end']);
    const late = await as('wall');
    const retained = next(late);
    await late.subscribeAsync(roof, { qos: 1 });
    await publish(await as('barn'), 1);
    expect((await retained).retain).toBe(false);
    expect(scene.reports.filter((text) => text.includes('whose readings must name it'))).toHaveLength(1);
  });

  test.each([
    ['wattline/agent/shed/state', false],
    ['wattline/agent/shed/stay_awake', false],
    ['homeassistant/device/wattline_shed/config', false],
    ['wattline/agent/barn/state', true],
    ['wattline/agent/barn/stay_awake', true],
    ['homeassistant/status', true],
    ['anything/else', true],
  ])('on %s: hung up on %s', async (topic, isRefused) => {
    expect(await isHungUpOn('shed', topic, '{"state":"online"}', true)).toBe(isRefused);
    expect(scene.broker.refused().publish).toBe(isRefused ? 1 : 0);
  });

  test('reads its own commands and state, and nothing else, wildcards included', async () => {
    const shed = await as('shed');
    const filters = ['wattline/agent/shed/stay_awake', 'wattline/agent/shed/state', 'homeassistant/status'];
    for (const filter of filters) expect((await shed.subscribeAsync(filter, { qos: 1 }))[0]?.qos).toBe(1);
    for (const filter of [
      '#',
      '+/#',
      'wattline/agent/+/stay_awake',
      'wattline/agent/barn/stay_awake',
      '$SYS/#',
      roof,
    ])
      await expect(shed.subscribeAsync(filter, { qos: 1 })).rejects.toThrow(/Unspecified error|128/);
    const heard: string[] = [];
    shed.on('message', (topic) => heard.push(topic));
    const own = next(shed);
    const owner = await as('owner');
    await owner.publishAsync('wattline/agent/barn/stay_awake', '{"until":1}', { qos: 1 });
    await owner.publishAsync('wattline/agent/shed/stay_awake', '{"until":1}', { qos: 1 });
    await own;
    expect(heard).toEqual(['wattline/agent/shed/stay_awake']);
  });
});

describe('the others', () => {
  test('a publisher brings readings that name no agent', async () => {
    expect(await isHungUpOn('axpert', roof, unnamed)).toBe(false);
    expect(await isHungUpOn('axpert', roof, reading(0).payload.toString())).toBe(true);
    expect(await isHungUpOn('axpert', 'wattline/agent/axpert/state', '{"state":"online"}')).toBe(true);
    expect(scene.scratch.log.accounts()).toMatchObject({ stored: 1, aside: { foreign_agent: 1 } });
  });

  test('a viewer publishes nothing', async () => {
    expect(await isHungUpOn('wall', roof, unnamed)).toBe(true);
    expect(await isHungUpOn('wall', 'x', 'y')).toBe(true);
    expect(scene.scratch.log.accounts().received).toBe(0);
  });

  test('an admin publishes in any name', async () => {
    await publish(await as('owner'), 0);
    expect(await isHungUpOn('owner', roof, unnamed)).toBe(false);
    expect(scene.scratch.log.accounts().stored).toBe(2);
  });
});

describe('bounds', () => {
  test('who publishes faster than is allowed is slowed down and loses nothing', async () => {
    await scene.replace({ limits: { ...usualLimits, rateMax: 100 } });
    const client = await scene.client();
    const before = performance.now();
    await Promise.all(Array.from({ length: 150 }, (_, sequence) => publish(client, sequence)));
    expect(performance.now() - before).toBeGreaterThan(400);
    expect(scene.scratch.log.accounts()).toMatchObject({ stored: 150, duplicate: 0 });
    expect(scene.scratch.log.read(0, 1000).map(({ values }) => values['pv_power'])).toEqual(
      Array.from({ length: 150 }, (_, sequence) => sequence),
    );
    expect(scene.broker.refused().slowed).toBeGreaterThan(0);
    expect(scene.reports.filter((text) => text.includes('broker.limits.rate'))).toHaveLength(1);
  });

  test('a client keeps at most a thousand subscriptions', async () => {
    await scene.replace({});
    const client = await scene.client();
    const filters = Array.from({ length: 1_000 }, (_, index) => `a/${index}`);
    await client.subscribeAsync(filters);
    await expect(client.subscribeAsync('b')).rejects.toThrow();
    await client.unsubscribeAsync('a/0');
    await wait(0);
    await client.subscribeAsync('b');
  });

  test('before anyone is known, no large packet is read', async () => {
    await scene.replace({});
    const socket = connect(scene.broker.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const ended = closed(socket);
    // A CONNECT that announces 400 KiB: type 1, remaining length in three bytes.
    socket.write(Buffer.from([0x10, 0x80, 0x80, 0x19]));
    socket.resume();
    await ended;
    expect(scene.reports.join('\n')).toContain('a packet of 409600 bytes came, at most 393216 are read');
    expect(scene.broker.refused()).toMatchObject({ client: 1 });
  });
});
