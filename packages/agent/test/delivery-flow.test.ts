// The order of events that only luck would bring about with a real broker.

import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { createDelivery, type Delivery, deliveryTimes } from '../src/delivery/delivery.ts';
import type { Outbox } from '../src/outbox/outbox.ts';
import type { Publisher } from '../src/publisher/publisher.ts';
import { ConnectionLost, type PublishResult } from '../src/publisher/session.ts';
import { reading } from './delivery-readings.ts';
import { roof } from './delivery-rig.ts';
import { entry, open } from './outbox-scratch.ts';

interface Sent {
  readonly sequence: number;
  readonly answer: (result: PublishResult) => void;
  readonly lose: () => void;
}

/** A publisher that does what the test says. */
function scriptedPublisher() {
  const sent: Sent[] = [];
  let onConnect = (_window: number): void => {};
  let onDown = (_byBroker: boolean): void => {};
  let isConnected = false;
  const publisher: Publisher = {
    publish(_topic, payload) {
      const { promise, resolve, reject } = Promise.withResolvers<PublishResult>();
      const { _seq } = JSON.parse(payload) as { _seq: number };
      sent.push({ sequence: _seq, answer: resolve, lose: () => reject(new ConnectionLost('cut')) });
      return promise;
    },
    onConnect: (listener) => {
      onConnect = listener;
    },
    onDown: (listener) => {
      onDown = listener;
    },
    subscribe: () => {},
    status: () => ({ connected: isConnected, refusals: 0 }),
    close: async () => {},
  };
  return {
    publisher,
    sent,
    sequences: () => sent.map(({ sequence }) => sequence),
    connect(window: number) {
      isConnected = true;
      onConnect(window);
    },
    cut() {
      isConnected = false;
      onDown(false);
      for (const { lose } of sent.splice(0)) lose();
    },
  };
}

const confirmed: PublishResult = { is: 'confirmed' };
const quiet = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

function deliveryOf(publisher: Publisher, outbox: Outbox, confirmMs: number): Delivery {
  const clock = { nowMs: Date.now, isSynced: () => false };
  const times = { ...deliveryTimes, confirmMs };
  const delivery = createDelivery({ publisher, outbox, clock, log: quiet, retain: false, times });
  onTestFinished(delivery.close);
  return delivery;
}

/** Lets one kind of call wait until the test goes on. */
function holding<Result>() {
  const held: (() => void)[] = [];
  let isHolding = false;
  const step = (): void => {
    for (const release of held.splice(0)) release();
  };
  return {
    /** Lets go of what is held, and of nothing that comes later. */
    step,
    hold: () => {
      isHolding = true;
    },
    held: () => held.length,
    goOn() {
      isHolding = false;
      step();
    },
    async pass(result: Promise<Result>): Promise<Result> {
      const value = await result;
      if (isHolding) await new Promise<void>((resolve) => held.push(resolve));
      return value;
    },
  };
}

test('a confirmation that comes while the reading is being synced takes it off the outbox', async () => {
  const script = scriptedPublisher();
  const outbox = await open(scratchFolder());
  const appends = holding<Awaited<ReturnType<Outbox['append']>>>();
  const slow = {
    ...outbox,
    append: (added: Parameters<Outbox['append']>[0]) => appends.pass(outbox.append(added)),
  };
  const delivery = deliveryOf(script.publisher, slow, 10);
  script.connect(5);
  appends.hold();
  const accepted = delivery.deliver(roof, reading(0));
  await expect.poll(appends.held).toBe(1);
  script.sent[0]?.answer(confirmed);
  expect(await accepted).toBe('confirmed');
  expect(outbox.status().readings).toBe(1);
  appends.goOn();
  await expect.poll(() => outbox.status().readings).toBe(0);
});

test('what is lost on the way is published again in its order, before any of it needs the disk', async () => {
  const script = scriptedPublisher();
  const outbox = await open(scratchFolder());
  const delivery = deliveryOf(script.publisher, outbox, 60_000);
  script.connect(2);
  const accepted = Promise.all([0, 1, 2, 3].map((sequence) => delivery.deliver(roof, reading(sequence))));
  expect(script.sequences()).toEqual([0, 1]);
  script.cut();
  await Promise.resolve();
  script.connect(10);
  await expect.poll(script.sequences).toEqual([0, 1, 2, 3]);
  for (const { answer } of script.sent) answer(confirmed);
  expect(await accepted).toEqual(Array(4).fill('confirmed'));
  expect(outbox.status().readings).toBe(0);
});

test('a reading that is synced while it is on its way is not sent a second time on the same connection', async () => {
  const script = scriptedPublisher();
  const outbox = await open(scratchFolder());
  const delivery = deliveryOf(script.publisher, outbox, 10);
  script.connect(10);
  expect(await delivery.deliver(roof, reading(0))).toBe('synced');
  expect(await delivery.deliver(roof, reading(1))).toBe('synced');
  // Once the outbox answers, everything asked of it before is done.
  await outbox.oldestMs();
  await new Promise(setImmediate);
  expect(script.sequences()).toEqual([0, 1]);
  for (const { answer } of script.sent) answer(confirmed);
  expect(await delivery.drain(AbortSignal.timeout(5000))).toBe(true);
  expect(script.sequences()).toEqual([0, 1]);
});

test('a connection lost while the outbox is read skips nothing', async () => {
  const script = scriptedPublisher();
  const outbox = await open(scratchFolder(), 16 * 1024);
  for (let sequence = 0; sequence < 20; sequence += 1) await outbox.append(entry(sequence));
  const reads = holding<Awaited<ReturnType<Outbox['read']>>>();
  const slow: Outbox = { ...outbox, read: (after, wanted) => reads.pass(outbox.read(after, wanted)) };
  deliveryOf(script.publisher, slow, 60_000);
  reads.hold();
  script.connect(100);
  await expect.poll(reads.held).toBe(1);
  reads.step();
  // The first segment is on its way, the second is being read.
  await expect.poll(reads.held).toBe(1);
  expect(script.sent.length).toBeGreaterThan(0);
  script.cut();
  script.connect(100);
  reads.goOn();
  await expect.poll(script.sequences).toEqual(Array.from({ length: 20 }, (_, sequence) => sequence));
});

test('a reading that is synced while the outbox is found empty is not forgotten', async () => {
  const script = scriptedPublisher();
  const outbox = await open(scratchFolder());
  const reads = holding<Awaited<ReturnType<Outbox['read']>>>();
  const slow: Outbox = { ...outbox, read: (after, wanted) => reads.pass(outbox.read(after, wanted)) };
  const delivery = deliveryOf(script.publisher, slow, 10);
  reads.hold();
  script.connect(1);
  await expect.poll(reads.held).toBe(1);
  expect(await Promise.all([0, 1].map((sequence) => delivery.deliver(roof, reading(sequence))))).toEqual([
    'synced',
    'synced',
  ]);
  reads.goOn();
  await new Promise(setImmediate);
  script.sent[0]?.answer(confirmed);
  await expect.poll(script.sequences).toEqual([0, 1]);
});
