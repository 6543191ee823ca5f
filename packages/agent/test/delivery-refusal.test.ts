import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { hasMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { createCaution } from '../src/delivery/caution.ts';
import { inspectOutbox } from '../src/outbox/inspect.ts';
import { startAedes, startTestMosquitto, subscribeAll } from './delivery-brokers.ts';
import { reading } from './delivery-readings.ts';
import { bank, count, forever, roof, sequencesOf, startAgent } from './delivery-rig.ts';

describe.skipIf(!hasMosquitto(process.env))('with a real Mosquitto', () => {
  test('a topic that the broker refuses waits; the others flow; it is tried again later and after a restart', async () => {
    const broker = await startTestMosquitto({
      acl: `user barn\ntopic write victron/#\nuser observer\ntopic #\n`,
    });
    const observer = await subscribeAll(broker);
    const path = scratchFolder();
    const { delivery, said } = await startAgent({ url: broker.url, path, times: { retryMs: 200 } });
    const accepted = await Promise.all(
      count(20).map((sequence) => delivery.deliver(sequence % 2 === 0 ? roof : bank, reading(sequence))),
    );
    expect(accepted).toEqual(count(20).map((sequence) => (sequence % 2 === 0 ? 'confirmed' : 'synced')));
    await observer.until((arrivals) => arrivals.length === 10);
    expect(await delivery.drain(forever)).toBe(false);
    expect(delivery.status()).toMatchObject({
      readings: 10,
      parked: [{ topic: bank, reason: 'Not authorized (0x87)' }],
    });
    // While it is tried again it is not parked.
    await expect.poll(() => inspectOutbox(path)).toMatchObject({ readings: 10, parked: [{ topic: bank }] });
    const { refused } = delivery.status();
    await expect.poll(() => delivery.status().refused).toBeGreaterThan(refused);
    expect(said.filter((text) => text.includes(`refuses readings on ${bank}`))).toHaveLength(1);
    await delivery.close();

    await broker.allow(`user barn\ntopic write #\nuser observer\ntopic #\n`);
    const again = await startAgent({ url: broker.url, path });
    expect(await again.delivery.drain(forever)).toBe(true);
    await observer.until((arrivals) => sequencesOf(arrivals, bank).length === 10);
    expect(sequencesOf(observer.arrivals, bank)).toEqual(count(20).filter((sequence) => sequence % 2 === 1));
    // What is confirmed is written down a little later.
    await expect.poll(() => inspectOutbox(path)).toMatchObject({ readings: 0, parked: [] });
    await again.delivery.close();
  });

  test('a topic that is allowed again flows after the next try', async () => {
    const broker = await startTestMosquitto({
      acl: `user barn\ntopic write victron/#\nuser observer\ntopic #\n`,
    });
    const { delivery, said } = await startAgent({
      url: broker.url,
      path: scratchFolder(),
      times: { retryMs: 100 },
    });
    expect(await delivery.deliver(bank, reading(0))).toBe('synced');
    await broker.allow(`user barn\ntopic write #\nuser observer\ntopic #\n`);
    await expect.poll(() => delivery.status().readings, { timeout: 5000 }).toBe(0);
    expect(said.at(-1)).toContain(`The broker takes readings on ${bank} again`);
    await delivery.close();
  });
});

test('a broker that hangs up on a topic does not keep the others', async () => {
  const aedes = await startAedes();
  const arrived: string[] = [];
  const broker = aedes.broker();
  broker.authorizePublish = (_, { topic }, done) => {
    if (topic === bank) return done(new Error('forbidden'));
    arrived.push(topic);
    return done(null);
  };
  const { delivery } = await startAgent({
    url: aedes.url,
    path: scratchFolder(),
    times: { confirmMs: 50 },
  });
  const accepted = await Promise.all(
    count(40).map((sequence) => delivery.deliver(sequence % 4 === 1 ? bank : roof, reading(sequence))),
  );
  expect(accepted).toHaveLength(40);
  expect(await delivery.drain(forever)).toBe(false);
  expect(delivery.status()).toMatchObject({ readings: 10, parked: [{ topic: bank }] });
  expect(arrived.length).toBeGreaterThanOrEqual(30);
  await delivery.close();
});

describe('caution after a broker hung up', () => {
  test('messages go singly and then more and more', () => {
    const caution = createCaution();
    expect(caution.limit(20)).toBe(20);
    expect(caution.ended(['a', 'b'])).toBeUndefined();
    expect(caution.limit(20)).toBe(1);
    caution.confirmed('a');
    caution.confirmed('a');
    expect(caution.limit(20)).toBe(4);
    expect(caution.limit(0)).toBe(0);
  });

  test('a topic is named after three ends in a row on which it was alone', () => {
    const caution = createCaution();
    expect([caution.ended(['a']), caution.ended(['a']), caution.ended(['a'])]).toEqual([
      undefined,
      undefined,
      'a',
    ]);
    expect([caution.ended(['b']), caution.ended(['b'])]).toEqual([undefined, undefined]);
    caution.confirmed('b');
    expect([caution.ended(['b']), caution.ended(['c']), caution.ended([])]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
