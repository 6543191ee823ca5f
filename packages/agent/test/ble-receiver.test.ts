import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { flagsStructure, manufacturerStructure } from '../../simulator/src/radio/advertising-payload.ts';
import { serveH4 } from '../../simulator/src/radio/h4-server.ts';
import { createPeripheral } from '../../simulator/src/radio/peripheral.ts';
import { createVirtualRadio, type VirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { type HeardPacket, TransportError } from '../src/transport.ts';
import { readAdvertisingData } from '../src/transports/advertising-data.ts';
import { bluetoothReceiver } from '../src/transports/bluetooth-receiver.ts';
import { chooseAdapter, type OpenController } from '../src/transports/controller.ts';
import { createH4Framing } from '../src/transports/h4-framing.ts';
import { type HciSocket, openUserChannel } from '../src/transports/user-channel-controller.ts';
import { controllerOn, now, say, scanning } from './bluetooth-rigs.ts';
import { company } from './receiver-conformance.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const opening =
  (radio: VirtualRadio): OpenController =>
  async () =>
    controllerOn(radio).controller;
const receiverOn = (candidates: readonly OpenController[], address?: string) =>
  bluetoothReceiver({
    adapter: () => (address === undefined ? { candidates } : { candidates, address }),
    companies: [company],
    now,
  });

/** Starts hearing; the devices of the test speak by `say`. */
function hearing(receiver: ReturnType<typeof bluetoothReceiver>) {
  const abort = new AbortController();
  const iterator = receiver.packets(abort.signal)[Symbol.asyncIterator]();
  closers.push(async () => {
    abort.abort();
    await iterator.next().catch(() => {});
  });
  return { next: () => iterator.next() as Promise<IteratorResult<HeardPacket, undefined>> };
}

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

describe('choosing an adapter', () => {
  const machine = (...adapters: string[]): string => {
    const folder = mkdtempSync(join(tmpdir(), 'wattline-adapters-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    for (const adapter of adapters)
      mkdirSync(join(folder, 'sys/class/bluetooth', adapter), { recursive: true });
    return folder;
  };

  test('takes the first by default, the named one, or all for an address', () => {
    const root = machine('hci10', 'hci1', 'hci0:12');
    expect(chooseAdapter(undefined, root).candidates).toHaveLength(1);
    expect(chooseAdapter('hci10', root).candidates).toHaveLength(1);
    expect(chooseAdapter('aa:bb:cc:dd:ee:ff', root)).toMatchObject({ address: 'AA:BB:CC:DD:EE:FF' });
    expect(chooseAdapter('aa:bb:cc:dd:ee:ff', root).candidates).toHaveLength(2);
  });

  test('says what there is when the wanted one is not there', () => {
    expect(() => chooseAdapter('hci7', machine('hci0', 'hci1'))).toThrow(
      'no Bluetooth adapter hci7; there is hci0, hci1',
    );
    expect(() => chooseAdapter(undefined, machine())).toThrow(
      /no Bluetooth adapter on this machine: plug one in/,
    );
  });

  test('by its own address passes over the others', async () => {
    const radios = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'].map((address) =>
      createVirtualRadio({ address }),
    );
    const { next } = hearing(receiverOn(radios.map(opening), '02:00:00:00:00:0B'));
    const first = next();
    await scanning(radios[1] as VirtualRadio);
    expect(radios[0]?.scanning).toBe(false);
    say(radios[1] as VirtualRadio, [
      { address: 'C0:00:00:00:00:01', source: company, payload: Uint8Array.of(1) },
    ]);
    expect((await first).value).toMatchObject({ address: 'C0:00:00:00:00:01' });
  });

  test('by an address that none has says which there are', async () => {
    const busy: OpenController = () => Promise.reject(new TransportError('busy', 'hci1 is in use'));
    const candidates = [opening(createVirtualRadio({ address: '02:00:00:00:00:0a' })), busy];
    const { next } = hearing(receiverOn(candidates, '02:00:00:00:00:0C'));
    expect(await problemOf(next())).toMatchObject({
      code: 'absent',
      message:
        'no Bluetooth adapter with the address 02:00:00:00:00:0C; there is: one with the address 02:00:00:00:00:0A; hci1 is in use',
    });
  });
});

describe('an adapter that cannot be used is one error that says what to do', () => {
  /** A native socket that refuses as the real one does. */
  const refusing = (message: string) => (): HciSocket => {
    const socket = Object.assign(new EventEmitter(), {
      bindUser() {
        throw new Error(message);
      },
      start() {},
      stop() {},
      isDevUp: () => false,
      write() {},
    });
    return socket;
  };

  test.each([
    ['Device or resource busy', 'busy', /in use by another program, usually bluetoothd/],
    ['Operation not possible due to RF-kill', 'denied', /rfkill unblock bluetooth/],
    ['Operation not permitted', 'denied', /CAP_NET_ADMIN/],
    ['No such device', 'absent', /no Bluetooth adapter hci0 on this machine/],
    ['Connection timed out', 'unusable', /hci0 cannot be used: Connection timed out/],
  ])('%s', (message, code, words) => {
    const open = (): unknown => openUserChannel('hci0', refusing(message));
    expect(open).toThrow(words);
    expect(open).toThrow(expect.objectContaining({ code }));
  });

  test('Address family not supported by protocol, which the native socket emits', () => {
    const withoutFamily = () => {
      const socket = refusing('')();
      socket.bindUser = () =>
        void socket.emit('error', new Error('Address family not supported by protocol'));
      return socket;
    };
    expect(() => openUserChannel('hci0', withoutFamily)).toThrow(/the kernel offers no Bluetooth/);
  });

  test('the real native socket never throws anything but a transport error', () => {
    let problem: unknown;
    try {
      void openUserChannel('hci99').close();
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(TransportError);
  });

  test('an adapter that answers nothing is given up after a time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    closers.push(() => vi.useRealTimers());
    const { controller } = controllerOn(createVirtualRadio());
    const mute: OpenController = async () => ({ ...controller, write: () => {} });
    const { next } = hearing(receiverOn([mute]));
    const problem = problemOf(next());
    await vi.advanceTimersByTimeAsync(6000);
    expect(await problem).toMatchObject({
      code: 'unusable',
      message: expect.stringContaining('has not answered'),
    });
  });

  test('an adapter that is unplugged from the user channel is noticed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    closers.push(() => vi.useRealTimers());
    let up = true;
    const socket = Object.assign(refusing('')(), { bindUser: () => {}, isDevUp: () => up });
    const controller = openUserChannel('hci0', () => socket);
    const lost = new Promise<TransportError>((resolve) => controller.start(() => {}, resolve));
    await vi.advanceTimersByTimeAsync(4000);
    up = false;
    await vi.advanceTimersByTimeAsync(4000);
    expect(await lost).toMatchObject({ code: 'lost' });
    await controller.close();
  });
});

describe('a controller behind a byte stream', () => {
  test('is heard by TCP', async () => {
    const radio = createVirtualRadio();
    const server = await serveH4(radio);
    closers.push(() => server.close());
    const receiver = bluetoothReceiver({ adapter: () => chooseAdapter(`tcp:127.0.0.1:${server.port}`), now });
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
      bluetoothReceiver({ adapter: () => chooseAdapter(`tcp:127.0.0.1:${port}`), now }),
    );
    expect(await problemOf(next())).toMatchObject({
      code: 'lost',
      message: expect.stringContaining('no H4'),
    });
  });

  test('gives the same packets however its bytes are cut', () => {
    const event = fc
      .uint8Array({ maxLength: 255 })
      .map((body) => Buffer.concat([Buffer.from([4, 0x3e, body.length]), body]));
    const acl = fc.uint8Array({ maxLength: 300 }).map((body) => {
      const head = Buffer.from([2, 0x40, 0x20, body.length & 255, body.length >> 8]);
      return Buffer.concat([head, body]);
    });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(event, acl), { maxLength: 10 }),
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
    });
  });

  test('the complete name wins over the shortened one', () => {
    expect(readAdvertisingData(Buffer.from('0308526f' + '0509526f6f66', 'hex')).name).toBe('Roof');
    expect(readAdvertisingData(Buffer.from('0509526f6f66' + '0308526f', 'hex')).name).toBe('Roof');
  });
});
