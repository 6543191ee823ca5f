import { expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { inspectOutbox } from '../src/outbox/inspect.ts';
import { startAedes } from './delivery-brokers.ts';
import { reading } from './delivery-readings.ts';
import { forever, roof, startAgent, startGate } from './delivery-rig.ts';

test('with a broker that is not there draining gives up in seconds, and everything is on disk', async () => {
  const path = scratchFolder();
  const { delivery } = await startAgent({ url: `mqtt://127.0.0.1:${await freePort()}`, path });
  const accepted = delivery.deliver(roof, reading(0));
  expect(await delivery.drain(forever)).toBe(false);
  await delivery.close();
  expect(await accepted).toBe('synced');
  expect(await inspectOutbox(path)).toMatchObject({ readings: 1 });
});

test('draining ends at its deadline', async () => {
  const aedes = await startAedes();
  const gate = await startGate(aedes.port);
  gate.mute();
  const { delivery } = await startAgent({ url: gate.url, path: scratchFolder() });
  void delivery.deliver(roof, reading(0));
  expect(await delivery.drain(AbortSignal.timeout(100))).toBe(false);
  await delivery.close();
});

test('without anything to deliver draining waits for no broker, and a deadline that has passed changes nothing', async () => {
  const { delivery } = await startAgent({
    url: `mqtt://127.0.0.1:${await freePort()}`,
    path: scratchFolder(),
  });
  expect(await delivery.drain(forever)).toBe(true);
  expect(await delivery.drain(AbortSignal.abort())).toBe(true);
  await delivery.close();
});
