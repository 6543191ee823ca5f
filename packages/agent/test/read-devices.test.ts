// Any set of devices at once: the radio and the cables of a machine, in virtual time.

import { familyOf, formatBlock } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { victronFrame } from '../../protocols/test/victron-frame.ts';
import { createJbdBoard } from '../../simulator/src/devices/jbd.ts';
import type { Media } from '../src/reading/connect.ts';
import type { ReadDevice, Trouble } from '../src/reading/device.ts';
import { type ReadDevicesOptions, readDevices } from '../src/reading/read-devices.ts';
import { type Connect, type HeardPacket, TransportError } from '../src/transport.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { createPacketBuffer, type PacketBuffer } from '../src/transports/packet-buffer.ts';
import { noMedia } from './healing-rigs.ts';
import { settle, virtualTime } from './virtual-time.ts';

const [victron, vedirect, jbd] = [familyOf('victron-ble'), familyOf('vedirect-text'), familyOf('jbd')];

const key = new Uint8Array(16).fill(7);
const roof: ReadDevice = {
  ...{ name: 'roof', definition: victron, address: 'FA:AC:27:00:00:01', secret: key, intervalMs: 1000 },
};
const bank: ReadDevice = { ...roof, name: 'bank', address: 'FA:AC:27:00:00:02' };
const shed: ReadDevice = { name: 'shed', definition: vedirect, port: '/dev/ttyVE', intervalMs: 1000 };
const block = formatBlock([
  ['PID', '0xA053'],
  ['V', '13000'],
]);
const never: Connect = (signal) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

function machine(
  devices: readonly ReadDevice[],
  media: Partial<Media> = {},
  more: Partial<ReadDevicesOptions> = {},
) {
  const time = virtualTime();
  const stop = new AbortController();
  const readings: string[] = [];
  const troubles: (Trouble & { name: string; atMs: number })[] = [];
  const openedMs: number[] = [];
  const companies: (readonly number[])[] = [];
  let radio: PacketBuffer | undefined;
  let absent: TransportError | undefined;
  const running = readDevices({
    ...{ devices, now: time.now, startTimer: time.startTimer, signal: stop.signal },
    media: {
      ...noMedia,
      radio(wanted) {
        companies.push(wanted);
        return {
          async *packets(signal) {
            openedMs.push(time.nowMs());
            if (absent !== undefined) throw absent;
            radio = createPacketBuffer(() => {});
            yield* radio.drain(signal);
          },
        };
      },
      serial: () => never,
      gatt: () => never,
      hid: () => never,
      ...media,
    },
    reading: ({ name }, { decoded }) => readings.push(`${name} ${decoded.values['battery_voltage']}`),
    trouble: ({ name }, trouble) => troubles.push({ name, ...trouble, atMs: time.nowMs() }),
    ...more,
  });
  return {
    ...{ time, readings, troubles, openedMs, companies, running },
    async say(atMs: number, { address }: ReadDevice, nonce: number) {
      await time.passTo(atMs);
      const payload = victronFrame(0x01, Uint8Array.of(3, 0, 0x14, 5, ...new Uint8Array(8).fill(0xff)), {
        key,
        nonce,
      });
      radio?.push({ source: 0x02e1, payload, address: address ?? '', rssi: -60, moment: time.now() });
      await settle();
    },
    lose(why: TransportError, isBack: boolean) {
      absent = isBack ? undefined : why;
      radio?.fail(why);
    },
    async stop() {
      stop.abort();
      await running;
    },
  };
}

const gone = new TransportError('lost', 'the adapter hci0 is gone');

describe('the radio', () => {
  test('is opened once for all devices that broadcast, and hears the companies of their families', async () => {
    const site = machine([roof, bank, shed]);
    await site.say(0, roof, 1);
    await site.say(0, bank, 1);
    expect(site.readings).toEqual(['roof 13', 'bank 13']);
    expect(site.companies).toEqual([[0x02e1]]);
    await site.stop();
  });

  test('is not touched when nothing broadcasts', async () => {
    const site = machine([shed]);
    await site.time.passTo(1000);
    expect(site.companies).toEqual([]);
    await site.stop();
  });

  test('that is lost is told for each device, opened again with growing pauses, and heard when it is back', async () => {
    const site = machine([roof, bank]);
    await site.say(0, roof, 1);
    site.lose(gone, false);
    await site.time.passTo(60_000);
    expect(site.openedMs).toEqual([0, 1000, 3000, 7000, 15_000, 31_000]);
    expect(site.troubles.slice(0, 2)).toEqual([
      { name: 'roof', code: 'link', message: 'the adapter hci0 is gone', atMs: 0 },
      { name: 'bank', code: 'link', message: 'the adapter hci0 is gone', atMs: 0 },
    ]);
    site.lose(gone, true);
    await site.say(61_000, roof, 2);
    expect(site.readings).toEqual(['roof 13', 'roof 13']);
    // It has been sound for long: the next loss begins with a short pause.
    await site.time.passTo(120_000);
    site.lose(gone, true);
    await site.time.passTo(121_000);
    expect(site.openedMs.slice(-2)).toEqual([61_000, 121_000]);
    await site.stop();
    expect(site.time.pending()).toBe(0);
  });
});

describe('a port', () => {
  /** Blocks of a charger, and a board that answers one request at a time, late. */
  function busyPort(time: () => ReturnType<typeof machine>['time']) {
    const board = createJbdBoard(() => ({
      ...{ voltage: 13.34, current: 0, remainingAh: 100, ratedAh: 200 },
      ...{ cellVoltages: [3.3], temperatures: [] },
    }));
    const asked: string[] = [];
    let opened = 0;
    let buffer = createChunkBuffer();
    const connect: Connect = async () => {
      opened++;
      buffer = createChunkBuffer();
      return {
        read: buffer.read,
        async write(bytes) {
          asked.push(Buffer.from(bytes.subarray(2, 3)).toString('hex'));
          const answers = board.receive(bytes);
          time().startTimer(100, () => {
            for (const answer of answers) buffer.push(answer);
          });
        },
        close: async () => buffer.fail(new TransportError('lost', 'closed')),
      };
    };
    return { connect, asked, opened: () => opened, say: (bytes: Uint8Array) => buffer.push(bytes) };
  }

  test('of a device that talks by itself is shared with one that is asked over it', async () => {
    const port = busyPort(() => site.time);
    const bms: ReadDevice = { ...shed, name: 'bms', definition: jbd };
    const site = machine([shed, bms], { serial: () => port.connect });
    for (let atMs = 0; atMs <= 2000; atMs += 250) {
      await site.time.passTo(atMs);
      port.say(block);
      await settle();
    }
    expect(port.opened()).toBe(1);
    expect(new Set(site.readings)).toEqual(new Set(['shed 13', 'bms 13.34']));
    // Bytes of a battery in a charger's blocks damage them, as HEX frames do not.
    expect(site.troubles.filter(({ code }) => code !== 'corrupt')).toEqual([]);
    await site.stop();
  });

  test('over which several devices are asked asks them one after the other', async () => {
    const port = busyPort(() => site.time);
    const [one, other] = ['one', 'other'].map((name) => ({ ...shed, name, definition: jbd }));
    if (one === undefined || other === undefined) throw new Error('two devices are asked');
    const site = machine([one, other], { serial: () => port.connect });
    await site.time.passTo(900);
    expect(site.readings).toEqual(['one 13.34', 'other 13.34']);
    expect(port.asked.slice(0, 8)).toEqual(['03', '04', '05', 'aa', '03', '04', '05', 'aa']);
    await site.stop();
  });
});

describe('recordings', () => {
  const packet = (nonce: number): HeardPacket => ({
    source: 0x02e1,
    payload: victronFrame(0x01, Uint8Array.of(3, 0, 0x14, 5, ...new Uint8Array(8).fill(0xff)), {
      key,
      nonce,
    }),
    address: 'C0:FF:EE:00:00:00',
    rssi: -70,
    moment: { wallMs: 0, uptimeMs: 0 },
  });

  test('stand in for their device whatever its address, and when all have ended so has the reading', async () => {
    const site = machine([{ ...roof, replay: 'roof.jsonl' }], {
      replayedPackets: (file) => ({
        async *packets() {
          expect(file).toBe('roof.jsonl');
          yield packet(1);
        },
      }),
    });
    await site.running;
    expect(site.readings).toEqual(['roof 13']);
    expect(site.time.pending()).toBe(0);
  });

  test('of a cable are listened to once, by the clocks of the recording', async () => {
    let chunks = [block, block];
    const moment = { wallMs: Date.UTC(2026, 0, 31), uptimeMs: 700 };
    const heard: unknown[] = [];
    const site = machine(
      [{ ...shed, replay: 'shed.jsonl' }],
      {
        replayedLink: () => ({
          now: () => moment,
          connect: async () => ({
            write: async () => {},
            close: async () => {},
            async read() {
              const [chunk, ...rest] = chunks;
              chunks = rest;
              if (chunk === undefined) throw new TransportError('lost', 'the recording shed.jsonl has ended');
              return chunk;
            },
          }),
        }),
      },
      {
        reading: ({ name }, { decoded, ...rest }) =>
          heard.push([name, decoded.values['battery_voltage'], rest]),
      },
    );
    await site.running;
    expect(heard).toEqual([['shed', 13, { moment }]]);
  });

  test('that cannot be read are told, and the others go on', async () => {
    const site = machine([roof, { ...bank, replay: 'none.jsonl' }], {
      replayedPackets: () => ({
        packets: () => ({
          [Symbol.asyncIterator]: () => ({
            next: () =>
              Promise.reject(new TransportError('absent', 'the recording none.jsonl cannot be read')),
          }),
        }),
      }),
    });
    await site.say(0, roof, 1);
    expect(site.readings).toEqual(['roof 13']);
    expect(site.troubles).toMatchObject([
      { name: 'bank', code: 'link', message: 'the recording none.jsonl cannot be read' },
    ]);
    await site.stop();
  });
});

const bug = async () => {
  throw new TypeError('a bug');
};

test.each([
  ['cable', { serial: () => bug }],
  ['radio', { radio: () => ({ packets: () => ({ [Symbol.asyncIterator]: () => ({ next: bug }) }) }) }],
])('a bug in the loop of a %s ends all of them and comes out', async (_, media) => {
  const site = machine([roof, shed], media);
  await expect(site.running).rejects.toThrow('a bug');
  await settle();
  expect(site.time.pending()).toBe(0);
});
