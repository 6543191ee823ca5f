// The virtual radio under the whole of noble: its scanning, connecting and GATT code.

import { once } from 'node:events';
import type { Characteristic, Noble, Peripheral } from '@stoprocent/noble';
import { afterEach, describe, expect, test } from 'vitest';
import { servicesStructure } from '../../simulator/src/radio/advertising-payload.ts';
import { fakeHciSocket } from '../../simulator/src/radio/fake-hci-socket.ts';
import { createPeripheral } from '../../simulator/src/radio/peripheral.ts';
import { createVirtualRadio, type VirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { requireFromNoble } from '../src/transports/noble-modules.ts';

type BindingsClass = new (options: {
  hciDriver: () => object;
  userChannel: boolean;
  extended: boolean;
}) => object;
type NobleClass = new (bindings: object) => Noble;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function nobleOn(radio: VirtualRadio): Promise<Noble> {
  const Bindings = requireFromNoble<BindingsClass>('@stoprocent/noble/lib/hci-socket/bindings.js');
  const NobleOfBindings = requireFromNoble<NobleClass>('@stoprocent/noble/lib/noble.js');
  const socket = fakeHciSocket(radio);
  const hciDriver = function driver(): object {
    return socket;
  };
  const noble = new NobleOfBindings(new Bindings({ hciDriver, userChannel: true, extended: false }));
  closers.push(
    () => radio.close(),
    () => noble.stop(),
  );
  await noble.waitForPoweredOnAsync(2000);
  return noble;
}

const question = Buffer.from('dda50300fffd77', 'hex');
const answer = Buffer.from(Array.from({ length: 47 }, (_, index) => index));

/** A battery module that answers by notifications of 20 bytes. */
function batteryModule(more: { readonly failConnect?: number } = {}) {
  const module = createPeripheral({
    name: 'BMS-A',
    address: 'a4:c1:38:00:00:01',
    intervalMs: 10,
    advertising: servicesStructure('ff00'),
    services: [
      {
        uuid: 'ff00',
        characteristics: [
          { uuid: 'ff01', properties: ['read', 'notify'], value: Buffer.alloc(400, 7) },
          {
            uuid: 'ff02',
            properties: ['write', 'writeWithoutResponse'],
            onWrite: (data) => {
              if (data.equals(question)) module.notifyPieces('ff01', answer);
            },
          },
        ],
      },
    ],
    ...more,
  });
  return module;
}

async function find(noble: Noble): Promise<Peripheral> {
  await noble.startScanningAsync(['ff00'], true);
  for (;;) {
    const [found]: Peripheral[] = await once(noble, 'discover');
    if (found?.advertisement.localName === 'BMS-A') return found;
  }
}

async function open(peripheral: Peripheral): Promise<readonly [Characteristic, Characteristic]> {
  await peripheral.connectAsync();
  const { characteristics } = await peripheral.discoverSomeServicesAndCharacteristicsAsync(
    ['ff00'],
    ['ff01', 'ff02'],
  );
  const [received, sent] = ['ff01', 'ff02'].map((uuid) => characteristics.find((one) => one.uuid === uuid));
  if (!received || !sent) throw new Error('characteristics are missing');
  await received.subscribeAsync();
  return [received, sent];
}

describe('a virtual radio under noble', () => {
  test('a long answer comes in pieces of 20 bytes, in order', async () => {
    const radio = createVirtualRadio();
    radio.add(batteryModule());
    const peripheral = await find(await nobleOn(radio));
    const [received, sent] = await open(peripheral);
    const pieces: Buffer[] = [];
    const whole = new Promise<void>((resolve) => {
      received.on('data', (piece) => {
        pieces.push(piece);
        if (Buffer.concat(pieces).length >= answer.length) resolve();
      });
    });
    await sent.writeAsync(question, false);
    await whole;
    expect(pieces.map(({ length }) => length)).toEqual([20, 20, 7]);
    expect(Buffer.concat(pieces)).toEqual(answer);
    await peripheral.disconnectAsync();
  });

  test('a value longer than a packet is read whole', async () => {
    const radio = createVirtualRadio();
    radio.add(batteryModule());
    const peripheral = await find(await nobleOn(radio));
    const [received] = await open(peripheral);
    expect(await received.readAsync()).toEqual(Buffer.alloc(400, 7));
    await peripheral.disconnectAsync();
  });

  test('a device that vanishes during a read ends the connection by its supervision timeout', async () => {
    const radio = createVirtualRadio({ supervisionMs: 20 });
    const module = radio.add(batteryModule());
    const peripheral = await find(await nobleOn(radio));
    const [received] = await open(peripheral);
    module.silent = true;
    const pending = received.readAsync();
    module.vanish();
    await expect(pending).rejects.toThrow(/Disconnected/);
    expect(peripheral.state).toBe('disconnected');
  });

  test('a device may hang up, and be connected again', async () => {
    const radio = createVirtualRadio();
    const module = radio.add(batteryModule());
    const peripheral = await find(await nobleOn(radio));
    await open(peripheral);
    const parted = once(peripheral, 'disconnect');
    module.hangUp();
    await parted;
    const [received] = await open(peripheral);
    expect((await received.readAsync())[0]).toBe(7);
    await peripheral.disconnectAsync();
  });

  test('an attempt to connect may fail, the next one works', async () => {
    const radio = createVirtualRadio();
    radio.add(batteryModule({ failConnect: 1 }));
    const peripheral = await find(await nobleOn(radio));
    await expect(peripheral.connectAsync()).rejects.toThrow();
    await open(peripheral);
    await peripheral.disconnectAsync();
    expect(radio.connectAttempts).toBe(2);
  });

  test('twenty connections in a row', async () => {
    const radio = createVirtualRadio();
    radio.add(batteryModule());
    const peripheral = await find(await nobleOn(radio));
    for (let round = 0; round < 20; round++) {
      await open(peripheral);
      await peripheral.disconnectAsync();
    }
    expect(radio.connectAttempts).toBe(20);
  });
});
