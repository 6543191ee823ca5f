import { connect } from 'node:net';
import type { IClientOptions } from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { createFollower } from '../src/broker/packet-guard.ts';
import { brokerScene, closed, next, publish, usualLimits } from './broker-rig.ts';
import { reading } from './scratch-log.ts';

const scene = brokerScene();

describe('bounds', () => {
  test('a packet larger than is read ends its connection and is said; others go on', async () => {
    await scene.replace({ limits: { ...usualLimits, packetBytesMax: 10_000 } });
    const other = await scene.client();
    const from = await scene.client();
    const ended = new Promise<void>((resolve) => from.once('close', () => resolve()));
    from.publish('victron/a/b', 'x'.repeat(10_001), { qos: 1 });
    await ended;
    await publish(other, 0);
    expect(scene.reports.join()).toContain('at most 10000 are read');
  });

  test('a message too large for a reading is acknowledged, and the connection goes on', async () => {
    const client = await scene.client();
    await client.publishAsync('victron/a/large', 'x'.repeat(2_000_000), { qos: 1 });
    await publish(client, 0);
    expect(scene.scratch.log.accounts()).toMatchObject({ stored: 1, aside: { too_big: 1 } });
    expect(scene.scratch.log.asides(1)).toMatchObject([
      { topic: 'victron/a/large', reason: 'too_big', bytes: 2_000_000 },
    ]);
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
    await scene.replace({ limits: { ...usualLimits, connectionsMax: 2 } });
    await scene.client();
    await scene.client();
    const third = connect(scene.broker.port, '127.0.0.1');
    third.on('error', () => undefined);
    await closed(third);
    expect(scene.broker.connections()).toBe(2);
  });

  test('while the store takes nothing and no more may wait, nobody is let in', async () => {
    await scene.stop();
    let room = false;
    await scene.start({ intake: { offer: () => false, hasRoom: () => room } });
    await expect(scene.client()).rejects.toThrow(/unavailable/i);
    room = true;
    await scene.client();
  });

  test('nothing is queued for a subscriber that is away', async () => {
    const options: IClientOptions = { clientId: 'away', clean: false };
    const to = await scene.client(options);
    await to.subscribeAsync('victron/#', { qos: 1 });
    await to.endAsync();
    await publish(await scene.client(), 0);
    const back = await scene.client(options);
    const heard: string[] = [];
    back.on('message', (topic) => heard.push(topic));
    await back.subscribeAsync('end', { qos: 1 });
    const end = next(back);
    await back.publishAsync('end', 'x', { qos: 1 });
    await end;
    expect(heard).toEqual(['end']);
    expect(scene.reports.filter((text) => text.includes('session'))).toHaveLength(1);
  });

  test('nothing of a session is left for the next, not even a handshake that was half done', async () => {
    const to = await scene.client();
    await to.subscribeAsync('x', { qos: 1 });
    for (const text of ['first', 'second']) {
      const heard = next(to);
      const socket = await scene.raw({ clientId: 'half', clean: false });
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
      const ended = closed(socket);
      socket.destroy();
      await ended;
    }
  });

  test('what MQTT forbids in a topic ends the connection, and nothing of it is stored', async () => {
    for (const topic of ['victron/#', 'victron/a\0/b', 'victron/+/b']) {
      const socket = await scene.raw({ clientId: 'hostile' });
      const ended = closed(socket);
      socket.write(publishBytes(topic));
      await ended;
    }
    await publish(await scene.client(), 0);
    expect(scene.scratch.log.accounts().received).toBe(1);
  });

  test('random bytes instead of MQTT end their own connection only', async () => {
    const other = await scene.client();
    for (const bytes of [Buffer.alloc(100, 0xff), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(5)]) {
      const socket = connect(scene.broker.port, '127.0.0.1');
      const ended = closed(socket);
      socket.on('error', () => undefined);
      socket.end(bytes);
      socket.resume();
      await ended;
    }
    await publish(other, 0);
    expect(scene.scratch.log.accounts().stored).toBe(1);
  });
});

function publishBytes(topic: string): Buffer {
  const name = Buffer.from(topic);
  const payload = Buffer.from(reading(0).payload);
  const length = 2 + name.length + 2 + payload.length;
  const head = Buffer.from([0x32, (length & 0x7f) | 0x80, length >> 7, name.length >> 8, name.length & 0xff]);
  return Buffer.concat([head, name, Buffer.from([0, 1]), payload]);
}
