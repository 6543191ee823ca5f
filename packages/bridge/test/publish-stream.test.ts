import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import mqttPacket from 'mqtt-packet';
import { expect, test } from 'vitest';
import { type Delivered, withoutPublishes } from '../src/subscriber/publish-stream.ts';
import { createTopics } from '../src/subscriber/topics.ts';

const receivedMs = 1_700_000_000_000;

const publish = (qos: 0 | 1 | 2, payload: string, more: { retain?: boolean; properties?: object } = {}) =>
  ({
    ...{ cmd: 'publish', topic: 'victron/a/ü', payload, qos, dup: false, retain: false, messageId: 300 },
    ...more,
  }) as const;

const packets = [
  { cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: true },
  publish(1, 'x'.repeat(300)),
  publish(0, '', { retain: true }),
  { cmd: 'pingresp' },
  publish(2, 'left alone'),
  publish(1, '{"a":1}', { properties: { contentType: 'application/json', userProperties: { a: 'b' } } }),
] as const;

const bytesOf = (protocolVersion: 4 | 5) =>
  packets.map((packet) => mqttPacket.generate(packet as mqttPacket.Packet, { protocolVersion }));

function split(protocolVersion: 4 | 5, roomFor = Number.POSITIVE_INFINITY) {
  const socket = new PassThrough();
  const taken: Delivered[] = [];
  const passed: Buffer[] = [];
  let room = roomFor;
  let resume: (() => void) | undefined;
  const outer = withoutPublishes({
    socket,
    protocolVersion,
    nowMs: () => receivedMs,
    hasRoom: () => taken.length < room,
    whenRoom: (call) => {
      resume = call;
    },
    take: (message) => taken.push(message),
  });
  outer.on('data', (bytes: Buffer) => passed.push(bytes));
  const makeRoom = (): void => {
    room++;
    const call = resume;
    resume = undefined;
    call?.();
  };
  return { socket, outer, taken, passed, makeRoom };
}

const expected = (protocolVersion: 4 | 5) => {
  const [connack, , , pingresp, second] = bytesOf(protocolVersion);
  const topic = 'victron/a/ü';
  return {
    taken: [
      { topic, payload: 'x'.repeat(300), receivedMs, retained: false, messageId: 300 },
      { topic, payload: '', receivedMs, retained: true, messageId: undefined },
      { topic, payload: '{"a":1}', receivedMs, retained: false, messageId: 300 },
    ],
    passed: Buffer.concat([connack, pingresp, second].filter((bytes) => bytes !== undefined)),
  };
};

const readable = (taken: readonly Delivered[]) =>
  taken.map(({ payload, ...rest }) => ({ ...rest, payload: payload.toString() }));

test.each([4, 5] as const)(
  'MQTT %i: messages come apart, all else passes, wherever the stream is cut',
  async (version) => {
    const bytes = Buffer.concat(bytesOf(version));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { socket, outer, taken, passed } = split(version);
      socket.write(bytes.subarray(0, cut));
      socket.end(bytes.subarray(cut));
      await once(outer, 'end');
      expect(readable(taken)).toEqual(expected(version).taken);
      expect(Buffer.concat(passed)).toEqual(expected(version).passed);
    }
  },
);

test('in pieces of any size it is the same, also with room for one at a time', async () => {
  const bytes = Buffer.concat(bytesOf(5));
  for (let size = 1; size <= bytes.length; size++) {
    const { socket, outer, taken, passed, makeRoom } = split(5, 0);
    for (let at = 0; at < bytes.length; at += size) socket.write(bytes.subarray(at, at + size));
    for (let count = 0; count < 3; count++) {
      await new Promise(setImmediate);
      makeRoom();
    }
    socket.end();
    await once(outer, 'end');
    expect(readable(taken)).toEqual(expected(5).taken);
    expect(Buffer.concat(passed)).toEqual(expected(5).passed);
  }
});

test('without room nothing more is taken, and nothing is lost', async () => {
  const { socket, taken, makeRoom } = split(4, 1);
  socket.write(Buffer.concat(bytesOf(4)));
  await expect.poll(() => taken.length, { interval: 1 }).toBe(1);
  await new Promise(setImmediate);
  expect([taken.length, socket.isPaused()]).toEqual([1, true]);
  makeRoom();
  expect([taken.length, socket.isPaused()]).toEqual([2, true]);
  makeRoom();
  expect([taken.length, socket.isPaused()]).toEqual([3, false]);
  expect(readable(taken)).toEqual(expected(4).taken);
});

test('a length that cannot be ends the connection', async () => {
  const { socket, outer } = split(4);
  const failed = once(outer, 'error');
  socket.write(Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 0x01));
  expect(String(await failed)).toContain('longer than four bytes');
  expect(socket.destroyed).toBe(true);
});

test('a topic is what its bytes say, whatever came before it', () => {
  const topics = createTopics();
  const read = (text: string) => {
    const bytes = Buffer.from(`<${text}>`);
    return topics.read(bytes, 1, bytes.length - 1);
  };
  // Many more than are kept, so that they push each other out; twice, so that those that are kept are used.
  const names = Array.from({ length: 10_000 }, (_, index) => `victron/ü/${index % 5_000}`);
  for (const name of [...names, '', 'x'.repeat(300), 'x'.repeat(300)]) expect(read(name)).toBe(name);
});

test('bytes of a topic that are used again by the socket do not change it', () => {
  const topics = createTopics();
  const bytes = Buffer.from('victron/a/b');
  expect(topics.read(bytes, 0, bytes.length)).toBe('victron/a/b');
  bytes[10] = 'c'.charCodeAt(0);
  expect(topics.read(bytes, 0, bytes.length)).toBe('victron/a/c');
  expect(topics.read(Buffer.from('victron/a/b'), 0, bytes.length)).toBe('victron/a/b');
});
