// Of every reading that the agent took it is known what became of it, at any moment.

import { expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import type { Delivery } from '../src/delivery/delivery.ts';
import { startAedes, subscribeAll } from './delivery-brokers.ts';
import { reading } from './delivery-readings.ts';
import { count, forever, roof, startAgent, startGate } from './delivery-rig.ts';

function accountOf(delivery: Delivery) {
  const { account } = delivery.status();
  const { taken, confirmed, waiting, givenUp, lost } = account;
  expect(confirmed + waiting + givenUp + lost).toBe(taken);
  return account;
}
const nothing = { taken: 0, confirmed: 0, waiting: 0, givenUp: 0, lost: 0 };

test('what the broker confirms late, from the disk or after a restart is counted once', async () => {
  const aedes = await startAedes();
  const observer = await subscribeAll(aedes, 4);
  const gate = await startGate(aedes.port);
  const path = scratchFolder();
  const { delivery } = await startAgent({ url: gate.url, path, times: { confirmMs: 50 } });
  expect(accountOf(delivery)).toEqual(nothing);
  await Promise.all(count(10).map((sequence) => delivery.deliver(roof, reading(sequence))));
  expect(accountOf(delivery)).toEqual({ ...nothing, taken: 10, confirmed: 10 });

  // The broker has them, and its word does not arrive: on disk, while they are unconfirmed.
  gate.mute();
  const kept = count(5, 10).map((sequence) => delivery.deliver(roof, reading(sequence)));
  expect(accountOf(delivery)).toEqual({ ...nothing, taken: 15, confirmed: 10, waiting: 5 });
  expect(new Set(await Promise.all(kept))).toEqual(new Set(['synced']));
  expect(accountOf(delivery)).toEqual({ ...nothing, taken: 15, confirmed: 10, waiting: 5 });
  gate.shut();
  await observer.until((arrivals) => arrivals.length === 15);
  await delivery.close();
  expect(accountOf(delivery)).toEqual({ ...nothing, taken: 15, confirmed: 10, waiting: 5 });
  await expect(delivery.deliver(roof, reading(15))).rejects.toThrow('stopping');
  expect(accountOf(delivery)).toEqual({ ...nothing, taken: 16, confirmed: 10, waiting: 5, lost: 1 });

  gate.open();
  const again = await startAgent({ url: gate.url, path });
  expect(accountOf(again.delivery)).toMatchObject({ taken: 5, lost: 0 });
  expect(await again.delivery.drain(forever)).toBe(true);
  expect(accountOf(again.delivery)).toEqual({ ...nothing, taken: 5, confirmed: 5 });
  await again.delivery.close();
});

test('what is confirmed while it is written to the disk is counted once', async () => {
  const aedes = await startAedes();
  // Written and sent at the same moment, many times: either may end first.
  const { delivery } = await startAgent({ url: aedes.url, path: scratchFolder(), times: { confirmMs: 1 } });
  for (const start of [0, 100, 200, 300, 400]) {
    await Promise.all(count(100, start).map((sequence) => delivery.deliver(roof, reading(sequence))));
    accountOf(delivery);
  }
  expect(await delivery.drain(forever)).toBe(true);
  await delivery.close();
  expect(accountOf(delivery)).toEqual({ ...nothing, taken: 500, confirmed: 500 });
});

test('what is given up for want of room is no longer said to wait', async () => {
  const { delivery, outbox } = await startAgent({
    ...{ url: 'mqtt://127.0.0.1:1', path: scratchFolder(), times: { confirmMs: 1 }, bytesMax: 8 * 1024 },
  });
  await Promise.all(count(100).map((sequence) => delivery.deliver(roof, reading(sequence))));
  const account = accountOf(delivery);
  expect(account).toMatchObject({ taken: 100, confirmed: 0, lost: 0, waiting: outbox.status().readings });
  expect(account.givenUp).toBeGreaterThan(50);
  await delivery.close();
});
