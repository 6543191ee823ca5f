import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { hasMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { inspectOutbox } from '../src/outbox/inspect.ts';
import { startAedes, startTestMosquitto, subscribeAll } from './delivery-brokers.ts';
import { reading } from './delivery-readings.ts';
import { bank, count, forever, roof, sequencesOf, startAgent, startGate } from './delivery-rig.ts';
import { open, waiting } from './outbox-scratch.ts';

describe.skipIf(!hasMosquitto(process.env))('with a real Mosquitto', () => {
  test('a reading that the broker confirms never touches the disk', async () => {
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const path = scratchFolder();
    const { delivery } = await startAgent({ url: broker.url, path });
    const accepted = await Promise.all(
      count(100).map((sequence) => delivery.deliver(roof, reading(sequence))),
    );
    expect(new Set(accepted)).toEqual(new Set(['confirmed']));
    await observer.until((arrivals) => arrivals.length === 100);
    expect(observer.arrivals.every(({ retain }) => !retain)).toBe(true);
    expect(sequencesOf(observer.arrivals, roof)).toEqual(count(100));
    expect(await delivery.drain(forever)).toBe(true);
    expect(readdirSync(path).filter((name) => !name.startsWith('lock-'))).toEqual([]);
    await delivery.close();
  });

  test('what the broker does not confirm in time is synced, and delivered in order when it is back', async () => {
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const gate = await startGate(broker.port);
    gate.shut();
    const path = scratchFolder();
    const { delivery, publisher } = await startAgent({ url: gate.url, path, times: { confirmMs: 50 } });
    const accepted = await Promise.all(
      count(30).map((sequence) => delivery.deliver(roof, reading(sequence))),
    );
    expect(new Set(accepted)).toEqual(new Set(['synced']));
    expect(delivery.status()).toMatchObject({ readings: 30, connected: false, pending: 0 });
    gate.open();
    expect(await delivery.drain(forever)).toBe(true);
    await observer.until((arrivals) => arrivals.length === 30);
    expect(sequencesOf(observer.arrivals)).toEqual(count(30));
    expect(delivery.status()).toMatchObject({ readings: 0, connected: true });
    expect(publisher.status().version).toBe('5');
    await delivery.close();
    expect(await inspectOutbox(path)).toMatchObject({ readings: 0, bytes: 0 });
    // A restart does not deliver again what was confirmed.
    const again = await startAgent({ url: broker.url, path });
    expect(await again.delivery.drain(forever)).toBe(true);
    await again.delivery.close();
    expect(sequencesOf(observer.arrivals)).toEqual(count(30));
  });

  test('a fresh reading does not wait behind the backlog', async () => {
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const path = scratchFolder();
    const filled = await open(path, 8 * 1024 * 1024);
    const backlog = count(3000).map((sequence) => ({
      ...{
        stream: 'old',
        sequence,
        topic: roof,
        payload: `{"_seq":${sequence}}`,
        timeMs: Date.UTC(2026, 5, 1),
      },
      synced: true,
    }));
    await Promise.all(backlog.map(filled.append));
    await filled.close();
    const { delivery } = await startAgent({ url: broker.url, path, bytesMax: 8 * 1024 * 1024 });
    await observer.until((arrivals) => arrivals.length > 100);
    expect(await delivery.deliver(bank, reading(9999))).toBe('confirmed');
    expect(delivery.status().readings).toBeGreaterThan(500);
    expect(await delivery.drain(forever)).toBe(true);
    await observer.until((arrivals) => arrivals.length === 3001);
    expect(sequencesOf(observer.arrivals, roof)).toEqual(count(3000));
    await delivery.close();
  });

  test('a broker that falls silent costs nothing: what it may have is kept and comes again', async () => {
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const gate = await startGate(broker.port);
    const path = scratchFolder();
    const { delivery, publisher } = await startAgent({ url: gate.url, path, times: { confirmMs: 50 } });
    await new Promise((resolve) => publisher.onConnect(resolve));
    gate.mute();
    const accepted = await Promise.all(
      count(30).map((sequence) => delivery.deliver(roof, reading(sequence))),
    );
    expect(new Set(accepted)).toEqual(new Set(['synced']));
    gate.shut();
    gate.open();
    expect(await delivery.drain(forever)).toBe(true);
    await observer.until((arrivals) => new Set(sequencesOf(arrivals)).size === 30);
    await delivery.close();
  });

  test('stopping syncs what is not confirmed', async () => {
    const broker = await startTestMosquitto();
    const gate = await startGate(broker.port);
    const path = scratchFolder();
    const { delivery, publisher } = await startAgent({ url: gate.url, path });
    await new Promise((resolve) => publisher.onConnect(resolve));
    gate.mute();
    const accepted = Promise.all(count(30).map((sequence) => delivery.deliver(roof, reading(sequence))));
    await delivery.close();
    expect(new Set(await accepted)).toEqual(new Set(['synced']));
    await expect(delivery.deliver(roof, reading(30))).rejects.toThrow('the agent is stopping');
    const outbox = await open(path);
    expect((await waiting(outbox)).map(({ sequence }) => sequence)).toEqual(count(30));
    await outbox.close();
  });

  test('a network that comes and goes while readings flow loses none', async () => {
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const gate = await startGate(broker.port);
    const { delivery } = await startAgent({
      url: gate.url,
      path: scratchFolder(),
      times: { confirmMs: 30 },
    });
    for (const sequence of count(600)) {
      void delivery.deliver(roof, reading(sequence));
      if (sequence % 50 === 20) gate.shut();
      if (sequence % 50 === 40) gate.open();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    gate.open();
    expect(await delivery.drain(forever)).toBe(true);
    await observer.until((arrivals) => new Set(sequencesOf(arrivals)).size === 600);
    expect(delivery.status()).toMatchObject({ readings: 0, lost: 0, pending: 0 });
    await delivery.close();
  });
});

test('a full disk loses nothing as long as the broker comes back', async () => {
  const aedes = await startAedes();
  const gate = await startGate(aedes.port);
  gate.shut();
  const path = scratchFolder();
  const { delivery, said } = await startAgent({ url: gate.url, path, times: { confirmMs: 20 } });
  for (const number of count(500, 1))
    symlinkSync('/dev/full', join(path, `${String(number).padStart(8, '0')}.log`));
  const accepted = Promise.all(count(5).map((sequence) => delivery.deliver(roof, reading(sequence))));
  await expect.poll(() => said.join()).toContain('the disk is full; free some space');
  expect(delivery.status()).toMatchObject({ pending: 5, readings: 0 });
  gate.open();
  expect(new Set(await accepted)).toEqual(new Set(['confirmed']));
  await delivery.close();
});

test('a full disk and no broker: readings are refused once too many wait, and the rest is lost at the end, with words', async () => {
  const path = scratchFolder();
  const { delivery } = await startAgent({
    url: `mqtt://127.0.0.1:${await freePort()}`,
    path,
    times: { confirmMs: 60_000 },
  });
  for (const number of count(2000, 1))
    symlinkSync('/dev/full', join(path, `${String(number).padStart(8, '0')}.log`));
  const kept = Promise.allSettled(count(1000).map((sequence) => delivery.deliver(roof, reading(sequence))));
  await expect(delivery.deliver(roof, reading(1000))).rejects.toThrow(
    '1000 readings are neither confirmed nor on disk',
  );
  await delivery.close();
  expect((await kept).every(({ status }) => status === 'rejected')).toBe(true);
  expect(delivery.status().lost).toBe(1001);
});

test('what is too old is given up at the start', async () => {
  const path = scratchFolder();
  const filled = await open(path);
  const old = { stream: 'old', topic: roof, payload: '{}', synced: true };
  await filled.append({ ...old, sequence: 0, timeMs: Date.UTC(2026, 0, 1) });
  await filled.append({ ...old, sequence: 1, timeMs: Date.UTC(2026, 5, 1) });
  await filled.close();
  const { delivery, outbox, said } = await startAgent({ url: `mqtt://127.0.0.1:${await freePort()}`, path });
  await expect.poll(() => delivery.status().readings).toBe(1);
  await expect.poll(() => said.join()).toContain('Readings given up: 1, the oldest');
  expect(outbox.evicted()).toEqual([{ stream: 'old', from: 0, to: 0 }]);
  await delivery.close();
});
