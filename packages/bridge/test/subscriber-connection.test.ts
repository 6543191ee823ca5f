import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { describe, expect, test, vi } from 'vitest';
import { hasMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { startBroker } from '../src/broker/broker.ts';
import { defaultTopics } from '../src/ingest/topics.ts';
import { createIntake } from '../src/intake/intake.ts';
import { startSubscriber } from '../src/subscriber/subscriber.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { usualLimits } from './broker-rig.ts';
import { openGate } from './open-gate.ts';
import { message, noon, scratchLog } from './scratch-log.ts';
import { send, subscriberScene } from './subscriber-rig.ts';

describe.skipIf(!hasMosquitto(process.env))('with Mosquitto', () => {
  const scene = subscriberScene('with Mosquitto');

  test('a broker that goes is said once, and all goes on when it is back', async () => {
    scene.start();
    await scene.connected();
    await scene.mosquitto.kill();
    await vi.waitUntil(() => scene.reports.some((text) => text.includes('ECONNREFUSED')), { timeout: 5_000 });
    await scene.mosquitto.start();
    await scene.connected();
    await send(await scene.publisher(), 0);
    await scene.stored(1);
    expect(scene.reports).toEqual([
      expect.stringContaining('connection lost'),
      expect.stringContaining('ECONNREFUSED'),
      expect.stringContaining('connected'),
    ]);
  });

  test('another client of the same name is said, and not fought with', async () => {
    scene.start();
    await scene.connected();
    await scene.publisher({ clientId: 'wattline-bridge-test', protocolVersion: 5 });
    await vi.waitUntil(() => scene.subscriber?.problem() !== undefined);
    expect(scene.reports).toEqual([expect.stringContaining('client_id of another bridge')]);
  });

  test('the state of an agent reaches listeners, and publishing is confirmed', async () => {
    scene.start();
    await scene.connected();
    const heard: string[] = [];
    scene.scratch.log.onAgentState((agent, { state }) => heard.push(`${agent} ${state}`));
    const { topic, payload } = message('wattline/agent/barn/state', { state: 'sleeping' });
    await (await scene.publisher()).publishAsync(topic, Buffer.from(payload), { qos: 1, retain: true });
    await vi.waitUntil(() => heard.length > 0);
    expect(heard).toEqual(['barn sleeping']);
    const from = await scene.publisher();
    await from.subscribeAsync('wattline/agent/barn/stay_awake');
    const arrived = new Promise<string>((resolve) =>
      from.once('message', (_, bytes) => resolve(bytes.toString())),
    );
    await scene.subscriber?.publish('wattline/agent/barn/stay_awake', '{"until":5}', { retain: true });
    expect(await arrived).toBe('{"until":5}');
    await scene.stop();
    expect(scene.reports).toEqual([]);
  });

  test('publishing without a connection is refused in words', async () => {
    await scene.mosquitto.kill();
    scene.start();
    await expect(scene.subscriber?.publish('x', 'y', { retain: false })).rejects.toThrow(/cannot be reached/);
  });

  test('bridges of one group share the readings, and each has every agent state', async () => {
    const other = scratchLog();
    const otherIntake = createIntake({
      log: other.log,
      report: () => undefined,
      uptimeMs: () => performance.now(),
    });
    scene.start({ group: 'bridges' });
    const second = startSubscriber({
      url: scene.mosquitto.url,
      clientId: 'wattline-bridge-other',
      topics: defaultTopics,
      group: 'bridges',
      intake: otherIntake,
      nowMs: () => noon + 86_400_000,
      report: () => undefined,
    });
    await scene.connected();
    await vi.waitUntil(() => second.problem() === undefined);
    const from = await scene.publisher();
    for (let sequence = 0; sequence < 100; sequence++) await send(from, sequence);
    await from.publishAsync('wattline/agent/barn/state', '{"state":"online"}', { qos: 1 });
    const both = () => [scene.scratch.log.accounts(), other.log.accounts()];
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

describe('with other brokers', () => {
  const scene = subscriberScene('without a broker');

  test('one that hangs up on each attempt is said once, with what to look at', async () => {
    let attempts = 0;
    const server = createServer((socket) =>
      socket.once('data', () => {
        attempts++;
        socket.end();
      }),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    const url = `mqtt://127.0.0.1:${address.port}`;
    scene.start({ url });
    await vi.waitUntil(() => attempts === 2, { timeout: 5_000 });
    const problem =
      'it ended the connection before it let us in; see whether this is the right port, with or without TLS';
    expect(scene.subscriber?.problem()).toBe(problem);
    expect(scene.reports).toEqual([`Broker ${url}: ${problem}. Trying again.`]);
    await scene.stop();
    server.close();
  });

  test('topics that the broker does not let it read are named', async () => {
    const broker = await Aedes.createBroker({
      authorizeSubscribe: (_, subscription, done) =>
        done(null, subscription.topic.startsWith('jbd/') ? null : subscription),
    });
    const server = createServer((socket) => void broker.handle(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    scene.start({ url: `mqtt://127.0.0.1:${address.port}`, clientId: 'bridge' });
    await vi.waitUntil(() => scene.reports.length > 0);
    expect(scene.subscriber?.problem()).toContain('does not let bridge read jbd/+/+');
    await scene.stop();
    await new Promise<void>((resolve) => broker.close(resolve));
    server.close();
  });

  test('a broker that speaks 3.1.1 only is spoken to in 3.1.1, and messages are stored', async () => {
    const broker = await startBroker({
      host: '127.0.0.1',
      port: 0,
      topics: [],
      intake: { offer: () => true, hasRoom: () => true },
      store: scene.scratch.store,
      gate: openGate,
      limits: usualLimits,
      nowMs: () => noon,
      days: createLocalDays('UTC'),
      report: () => undefined,
    });
    const url = `mqtt://127.0.0.1:${broker.port}`;
    scene.start({ url });
    await scene.connected();
    await send(await scene.publisher({}, url), 0);
    await scene.stored(1);
    expect(scene.reports).toEqual([]);
    await scene.stop();
    await broker.close();
  });
});
