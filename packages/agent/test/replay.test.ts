import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import type { HeardPacket, Link, Receiver } from '../src/transport.ts';
import { createRecorder, type Recorder, recordLink, recordReceiver } from '../src/transports/record.ts';
import { replayLink, replayReceiver } from '../src/transports/replay.ts';

const never = new AbortController().signal;
let path = '';
let folder = '';

beforeEach(() => {
  folder = scratchFolder();
  path = join(folder, 'capture.jsonl');
});

/** A steady clock that the test moves. */
function clock() {
  const at = { ms: 0 };
  const startMs = Date.parse('2026-01-31T12:00:00Z');
  return { at, now: () => ({ wallMs: startMs + at.ms, uptimeMs: 500 + at.ms }) };
}

const scripted = (packets: readonly HeardPacket[]): Receiver => ({
  counters: () => ({}),
  async *packets() {
    yield* packets;
  },
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function recorded(use: (recorder: Recorder, at: { ms: number }) => Promise<void>): Promise<string[]> {
  const { at, now } = clock();
  const recorder = createRecorder(path, { definition: 'test-family', medium: 'serial' }, now);
  await use(recorder, at);
  recorder.close();
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

const scriptedLink = (answers: readonly Uint8Array[]): Link => {
  const left = [...answers];
  return {
    write: async () => {},
    read: async () => left.shift() ?? Promise.reject(new Error('the script has ended')),
    close: async () => {},
  };
};

describe('a recording', () => {
  test('begins with what it is, then has a line a packet with its time since the start', async () => {
    const packet = (ms: number, byte: number): HeardPacket => ({
      source: 737,
      payload: Uint8Array.of(0x10, byte),
      address: 'C0:00:00:00:00:01',
      rssi: -61,
      moment: { wallMs: 0, uptimeMs: 500 + ms },
    });
    const lines = await recorded(async (recorder) => {
      const receiver = scripted([packet(0, 1), { ...packet(1234, 2), name: 'Roof' }]);
      await all(recordReceiver(receiver, recorder).packets(never));
    });
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { recording: 1, definition: 'test-family', medium: 'serial', when: '2026-01-31T12:00:00.000Z' },
      {
        ms: 0,
        medium: 'serial',
        direction: 'in',
        source: 737,
        address: 'C0:00:00:00:00:01',
        rssi: -61,
        bytes: '1001',
      },
      {
        ms: 1234,
        medium: 'serial',
        direction: 'in',
        source: 737,
        address: 'C0:00:00:00:00:01',
        rssi: -61,
        name: 'Roof',
        bytes: '1002',
      },
    ]);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  test('of a link keeps both directions in order, and secrets blotted out', async () => {
    const secret = Uint8Array.of(0xdd, 1, 2, 3);
    const lines = await recorded(async (recorder, at) => {
      const link = await recordLink(
        async () => scriptedLink([Uint8Array.of(0xaa)]),
        recorder,
        (bytes, direction) =>
          direction === 'out' && bytes[0] === 0xdd ? new Uint8Array(bytes.length) : undefined,
      )(never);
      await link.write(secret);
      at.ms = 20;
      expect(await link.read(never)).toEqual(Uint8Array.of(0xaa));
      await link.close();
    });
    expect(lines.slice(1)).toEqual([
      '{"ms":0,"medium":"serial","direction":"out","redacted":true,"bytes":"00000000"}',
      '{"ms":20,"medium":"serial","direction":"in","bytes":"aa"}',
    ]);
    expect(lines.join()).not.toContain('dd010203');
  });
});

describe('replaying', () => {
  const header =
    '{"recording":1,"definition":"test-family","medium":"advertisement","when":"2026-01-31T12:00:00.000Z"}';
  const packetLine = (ms: number, byte: string): string =>
    `{"ms":${ms},"medium":"advertisement","direction":"in","source":737,"address":"C0:00:00:00:00:01","rssi":-61,"bytes":"${byte}"}`;
  const write = (...lines: string[]): void => writeFileSync(path, lines.join('\n'));

  test('keeps the pauses of the recording, and its times', async () => {
    write(header, packetLine(0, '01'), packetLine(1500, '02'), packetLine(1700, '03'));
    const { at, now } = clock();
    const waits: number[] = [];
    const wait = async (ms: number): Promise<void> => {
      waits.push(ms);
      at.ms += ms;
    };
    const heard = await all(replayReceiver({ path, pace: 'recorded', now, wait }).packets(never));
    expect(waits).toEqual([1500, 200]);
    const startMs = Date.UTC(2026, 0, 31, 12);
    expect(heard.map(({ payload, moment }) => [payload[0], moment])).toEqual([
      [1, { wallMs: startMs, uptimeMs: 0 }],
      [2, { wallMs: startMs + 1500, uptimeMs: 1500 }],
      [3, { wallMs: startMs + 1700, uptimeMs: 1700 }],
    ]);
  });

  test('as fast as possible waits for nothing', async () => {
    write(header, packetLine(0, '01'), packetLine(1e9, '02'));
    const wait = (): Promise<never> => Promise.reject(new Error('waited'));
    expect(
      await all(replayReceiver({ path, pace: 'fastest', now: clock().now, wait }).packets(never)),
    ).toHaveLength(2);
  });

  test('leaves out damaged lines and counts them', async () => {
    write(
      header,
      packetLine(0, '01'),
      'noise',
      '{"ms":1}',
      packetLine(2, '0'),
      packetLine(3, '02'),
      '{"ms":4,"medi',
    );
    const receiver = replayReceiver({ path, pace: 'fastest', now: clock().now });
    const heard = await all(receiver.packets(never));
    expect(heard.map(({ payload }) => payload[0])).toEqual([1, 2]);
    expect(receiver.counters()).toMatchObject({ packets: 2, malformed: 4 });
  });

  test.each([
    ['', 'is empty'],
    ['{"recording":2}', 'its first line must begin with {"recording":1'],
    ['ciao\n', 'it is ciao'],
    ['{"recording":1,"when":"lately"}', 'does not say when it was recorded: "when" is lately'],
  ])('refuses %j', async (text, words) => {
    writeFileSync(path, text);
    const receiver = replayReceiver({ path, pace: 'fastest', now: clock().now });
    await expect(all(receiver.packets(never))).rejects.toMatchObject({
      code: 'unusable',
      message: expect.stringContaining(words),
    });
  });

  test('a link gives each question the answer that it got, and passes over what comes in between', async () => {
    const line = (direction: string, bytes: string): string =>
      `{"ms":0,"medium":"serial","direction":"${direction}","bytes":"${bytes}"}`;
    write(header, line('out', '01'), line('in', 'a1'), line('out', '02'), line('in', 'a2'), line('in', 'b2'));
    const link = await replayLink({ path, pace: 'fastest', now: clock().now }).connect(never);
    await link.write(Uint8Array.of(2));
    expect([await link.read(never), await link.read(never)]).toEqual([
      Uint8Array.of(0xa2),
      Uint8Array.of(0xb2),
    ]);
    await expect(link.read(never)).rejects.toMatchObject({
      code: 'lost',
      message: expect.stringContaining('ended'),
    });
  });

  test('the clocks of a link stand at what was read last', async () => {
    const chunk = (ms: number): string => `{"ms":${ms},"medium":"serial","direction":"in","bytes":"a1"}`;
    write(header, chunk(40), chunk(7000));
    const { connect, now } = replayLink({ path, pace: 'fastest', now: clock().now });
    const link = await connect(never);
    const times: unknown[] = [];
    for (let count = 0; count < 2; count++) {
      await link.read(never);
      times.push(now());
    }
    const startMs = Date.UTC(2026, 0, 31, 12);
    expect(times).toEqual([
      { wallMs: startMs + 40, uptimeMs: 40 },
      { wallMs: startMs + 7000, uptimeMs: 7000 },
    ]);
  });

  test('a question that was blotted out is known by its length', async () => {
    write(
      header,
      '{"ms":0,"direction":"out","redacted":true,"bytes":"00000000"}',
      '{"ms":0,"direction":"in","bytes":"a1"}',
    );
    const link = await replayLink({ path, pace: 'fastest', now: clock().now }).connect(never);
    await link.write(Uint8Array.of(0xdd, 1, 2, 3));
    expect(await link.read(never)).toEqual(Uint8Array.of(0xa1));
  });

  test('a question that was never asked gets no answer', async () => {
    write(header, '{"ms":0,"direction":"out","bytes":"01"}', '{"ms":0,"direction":"in","bytes":"a1"}');
    const link = await replayLink({ path, pace: 'fastest', now: clock().now }).connect(never);
    await link.write(Uint8Array.of(7));
    await expect(link.read(never)).rejects.toMatchObject({ code: 'lost' });
  });
});
