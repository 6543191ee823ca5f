import { describe, expect, test, vi } from 'vitest';
import { hasMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { noon } from './scratch-log.ts';
import { send, subscriberScene } from './subscriber-rig.ts';

describe.skipIf(!hasMosquitto(process.env))('with Mosquitto', () => {
  const scene = subscriberScene('with Mosquitto');

  test('readings of every quality of service are stored', async () => {
    scene.start();
    await scene.connected();
    const from = await scene.publisher();
    await send(from, 0, 1);
    await send(from, 1, 0);
    await send(from, 2, 2);
    await scene.stored(3);
    expect(scene.scratch.log.accounts()).toMatchObject({ received: 3, stored: 3, missing: [] });
  });

  test('what is published while the bridge is away is there when it comes back, acknowledged only once stored', async () => {
    scene.start();
    await scene.connected();
    await scene.stop();
    const from = await scene.publisher();
    for (let sequence = 0; sequence < 200; sequence++) await send(from, sequence);
    // A bridge whose disk refuses acknowledges nothing …
    scene.scratch.store.database.exec('PRAGMA query_only = ON');
    scene.start({}, { retryMs: 60_000 });
    await vi.waitUntil(() => scene.intake.problem() !== undefined);
    await scene.stop();
    scene.scratch.store.database.exec('PRAGMA query_only = OFF');
    // … so that the next one gets everything.
    scene.start();
    await scene.stored(200);
    expect(scene.scratch.log.accounts()).toMatchObject({ stored: 200, missing: [] });
    await scene.stop();
    // And the one after that nothing again.
    scene.start();
    await scene.connected();
    await send(from, 200);
    await scene.stored(201);
    expect(scene.scratch.log.accounts()).toMatchObject({ received: 201, duplicate: 0 });
  });

  test('a backlog larger than what may wait comes through, bounded and in order', async () => {
    scene.start();
    await scene.connected();
    await scene.stop();
    const from = await scene.publisher();
    await Promise.all(Array.from({ length: 3_000 }, (_, sequence) => send(from, sequence)));
    let most = 0;
    const append = scene.scratch.log.append;
    scene.start(
      {},
      {
        groupMax: 100,
        pendingMax: 300,
        log: {
          append: (group) => {
            most = Math.max(most, scene.intake.pending);
            return append(group);
          },
        },
      },
    );
    await scene.stored(3_000);
    expect(most).toBeLessThanOrEqual(300);
    expect(scene.scratch.log.accounts()).toMatchObject({ received: 3_000, stored: 3_000, missing: [] });
    expect(scene.scratch.log.read(0, 5_000).map(({ values }) => values['pv_power'])).toEqual(
      Array.from({ length: 3_000 }, (_, sequence) => sequence),
    );
  });

  test('closing acknowledges what is stored: nothing of it is delivered again', async () => {
    scene.start();
    await scene.connected();
    const from = await scene.publisher();
    const sent = Promise.all(Array.from({ length: 2_000 }, (_, sequence) => send(from, sequence)));
    await scene.stored(1);
    await scene.subscriber?.close();
    scene.intake.close();
    const before = scene.scratch.log.accounts().received;
    await sent;
    scene.start();
    await scene.stored(2_000);
    expect(before).toBeLessThan(2_000);
    expect(scene.scratch.log.accounts()).toMatchObject({ received: 2_000, duplicate: 0, missing: [] });
  });

  test('closing ends while the disk refuses and no more may wait', async () => {
    scene.start({}, { pendingMax: 5, retryMs: 60_000 });
    await scene.connected();
    scene.scratch.store.database.exec('PRAGMA query_only = ON');
    const from = await scene.publisher();
    await Promise.all(Array.from({ length: 50 }, (_, sequence) => send(from, sequence)));
    await vi.waitUntil(() => !scene.intake.hasRoom());
    await scene.subscriber?.close();
    scene.intake.close();
    scene.scratch.store.database.exec('PRAGMA query_only = OFF');
    scene.start();
    await scene.stored(50);
    expect(scene.scratch.log.accounts()).toMatchObject({ received: 50, missing: [] });
  });

  test('a retained message without a time is no reading, one with a time is', async () => {
    const from = await scene.publisher();
    await from.publishAsync('victron/a/timeless', '{"pv_power":5}', { qos: 1, retain: true });
    await from.publishAsync('victron/a/timed', `{"pv_power":5,"_timestamp":${noon}}`, {
      qos: 1,
      retain: true,
    });
    scene.start();
    await scene.stored(1);
    await scene.connected();
    await from.publishAsync('victron/a/timeless', '{"pv_power":6}', { qos: 1, retain: true });
    await scene.stored(2);
    expect(scene.scratch.log.accounts().aside).toEqual({ retained_without_time: 1 });
    expect(
      Buffer.from(scene.scratch.log.lastKnown('victron/a/timeless')?.payload ?? []).toString(),
    ).toContain('5');
  });
});
