import { createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { flagsStructure, manufacturerStructure } from '../../simulator/src/radio/advertising-payload.ts';
import { serveH4 } from '../../simulator/src/radio/h4-server.ts';
import { createPeripheral } from '../../simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import type { Receiver } from '../src/transport.ts';
import { chooseAdapter } from '../src/transports/adapter-choice.ts';
import { readAdvertisingData } from '../src/transports/advertising-data.ts';
import { createBluetoothRadio } from '../src/transports/bluetooth-radio.ts';
import { createH4Framing } from '../src/transports/h4-framing.ts';
import { controllerOn, now, opening, receiverOn, say, scanning, startHearing } from './bluetooth-rigs.ts';
import { company } from './receiver-conformance.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const hearing = (receiver: Receiver) => startHearing(receiver, (close) => closers.push(close));
const problemOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((reason: unknown) => reason);

describe('hearing', () => {
  test('a device that stopped sending manufacturer data is not heard with its last ones', async () => {
    const radio = createVirtualRadio();
    const { next } = hearing(receiverOn([opening(radio)]));
    const first = next();
    await scanning(radio);
    const address = 'C0:00:00:00:00:01';
    const advertisings = [
      Buffer.concat([flagsStructure(), manufacturerStructure(company, Uint8Array.of(1))]),
      flagsStructure(),
    ];
    for (const advertising of advertisings)
      radio.advertise(createPeripheral({ address, advertising, name: 'Roof' }));
    say(radio, [{ address: 'C0:00:00:00:00:02', source: company, payload: Uint8Array.of(2) }]);
    expect((await first).value).toMatchObject({ address });
    expect((await next()).value).toMatchObject({ address: 'C0:00:00:00:00:02' });
  });

  test('every manufacturer structure of one packet is heard, and other companies are not', async () => {
    const radio = createVirtualRadio();
    const { next } = hearing(receiverOn([opening(radio)]));
    const first = next();
    await scanning(radio);
    const structures = [
      [company, 1],
      [0x004c, 2],
      [company, 3],
    ].map(([id = 0, byte = 0]) => manufacturerStructure(id, Uint8Array.of(byte)));
    radio.advertise(
      createPeripheral({ address: 'C0:00:00:00:00:01', advertising: Buffer.concat(structures) }),
    );
    expect((await first).value?.payload).toEqual(Uint8Array.of(1));
    expect((await next()).value?.payload).toEqual(Uint8Array.of(3));
  });

  test('a device out of reach is heard again when it is back', async () => {
    const radio = createVirtualRadio();
    const { next } = hearing(receiverOn([opening(radio)]));
    const first = next();
    await scanning(radio);
    let count = 0;
    const device = createPeripheral({
      address: 'C0:00:00:00:00:01',
      advertising: () => manufacturerStructure(company, Uint8Array.of(count++)),
    });
    radio.advertise(device);
    await first;
    device.vanish();
    radio.advertise(device);
    device.reappear();
    radio.advertise(device);
    expect((await next()).value?.payload).toEqual(Uint8Array.of(1));
  });

  test('packets that noble cannot read are counted, and hearing goes on', async () => {
    const radio = createVirtualRadio();
    const { controller } = controllerOn(radio);
    let inject = (_: Buffer): void => {};
    const receiver = receiverOn([
      async () => ({
        ...controller,
        start(packet, lost) {
          inject = packet;
          controller.start(packet, lost);
        },
      }),
    ]);
    const { next } = hearing(receiver);
    const first = next();
    await scanning(radio);
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    closers.push(() => vi.restoreAllMocks());
    for (const hex of ['04', '040e', '043e', '043e0302', '043e05020104', '0200', 'ff'])
      inject(Buffer.from(hex, 'hex'));
    say(radio, [{ address: 'C0:00:00:00:00:01', source: company, payload: Uint8Array.of(9) }]);
    expect((await first).value?.payload).toEqual(Uint8Array.of(9));
    expect(receiver.counters()['malformed']).toBeGreaterThan(0);
  });

  test('memory stays flat over 10,000 addresses that are heard once', async () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    const heapBytes = (): number => {
      if (typeof collect === 'function') for (let i = 0; i < 3; i++) collect();
      return process.memoryUsage().heapUsed;
    };
    const radio = createVirtualRadio({ random: () => 0 });
    const receiver = receiverOn([opening(radio)]);
    const { next } = hearing(receiver);
    const first = next();
    await scanning(radio);
    const hear = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) {
        const address = `C0:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
        const advertising = manufacturerStructure(0x004c, Uint8Array.of(i & 255, i >> 8));
        radio.advertise(
          createPeripheral({ address, addressType: 'random', advertising, name: `phone ${i}` }),
        );
        if (i % 100 === 0) await new Promise(setImmediate);
      }
      await new Promise(setImmediate);
    };
    await hear(0, 2000);
    const before = heapBytes();
    await hear(2000, 12_000);
    expect(heapBytes() - before).toBeLessThan(256 * 1024);
    expect(receiver.counters()).toMatchObject({ reports: 24_000, packets: 0 });
    say(radio, [{ address: 'C0:00:00:00:00:01', source: company, payload: Uint8Array.of(1) }]);
    await first;
  });
});

describe('a controller behind a byte stream', () => {
  test('is heard by TCP', async () => {
    const radio = createVirtualRadio();
    const server = await serveH4(radio);
    closers.push(() => server.close());
    const receiver = createBluetoothRadio({
      adapter: () => chooseAdapter(`tcp:127.0.0.1:${server.port}`),
      now,
    }).receiver();
    const { next } = hearing(receiver);
    const first = next();
    await scanning(radio);
    say(radio, [{ address: 'C0:00:00:00:00:01', source: 7, payload: Uint8Array.of(1) }]);
    expect((await first).value).toMatchObject({ source: 7 });
  });

  test('that speaks something else is lost, not misread', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { next } = hearing(
      createBluetoothRadio({ adapter: () => chooseAdapter(`tcp:127.0.0.1:${port}`), now }).receiver(),
    );
    expect(await problemOf(next())).toMatchObject({
      code: 'lost',
      message: expect.stringContaining('no H4'),
    });
  });

  test('gives the same packets however its bytes are cut', () => {
    const packet = (head: readonly number[], lengthBytes: number) =>
      fc.uint8Array({ maxLength: lengthBytes === 1 ? 255 : 300 }).map((body) => {
        const length = Buffer.alloc(lengthBytes);
        length.writeUIntLE(body.length, 0, lengthBytes);
        return Buffer.concat([Buffer.from(head), length, body]);
      });
    const anyPacket = fc.oneof(
      packet([4, 0x3e], 1),
      packet([2, 0x40, 0x20], 2),
      packet([3, 0x40, 0x20], 1),
      packet([5, 0x40, 0x20], 2),
    );
    fc.assert(
      fc.property(
        fc.array(anyPacket, { maxLength: 10 }),
        fc.integer({ min: 1, max: 40 }),
        (packets, size) => {
          const got: string[] = [];
          const framing = createH4Framing((bytes) => got.push(bytes.toString('hex')));
          const stream = Buffer.concat(packets);
          for (let start = 0; start < stream.length; start += size)
            framing.push(stream.subarray(start, start + size));
          expect(got).toEqual(packets.map((bytes) => bytes.toString('hex')));
        },
      ),
    );
  });
});

describe('advertising data', () => {
  test('of any bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), (bytes) => {
        for (const { payload } of readAdvertisingData(Buffer.from(bytes)).manufacturer) {
          expect(payload.length).toBeLessThan(bytes.length);
        }
      }),
    );
  });

  test('a structure that reaches beyond the end is left out, those before it count', () => {
    const data = Buffer.from('020106' + '05ffe1021002' + '09ffe10210', 'hex');
    expect(readAdvertisingData(data)).toEqual({
      manufacturer: [{ company, payload: Uint8Array.of(0x10, 0x02) }],
      services: [],
    });
  });

  test('the complete name wins over the shortened one', () => {
    expect(readAdvertisingData(Buffer.from('0308526f' + '0509526f6f66', 'hex')).name).toBe('Roof');
    expect(readAdvertisingData(Buffer.from('0509526f6f66' + '0308526f', 'hex')).name).toBe('Roof');
  });
});
