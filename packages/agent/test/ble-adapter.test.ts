import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { createVirtualRadio, type VirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { type Receiver, TransportError } from '../src/transport.ts';
import { chooseAdapter } from '../src/transports/adapter-choice.ts';
import type { OpenController } from '../src/transports/controller.ts';
import { type HciSocket, openUserChannel } from '../src/transports/user-channel-controller.ts';
import { controllerOn, opening, receiverOn, say, scanning, startHearing } from './bluetooth-rigs.ts';
import { company } from './receiver-conformance.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const hearing = (receiver: Receiver) => startHearing(receiver, (close) => closers.push(close));
const problemOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((reason: unknown) => reason);

describe('choosing an adapter', () => {
  const machine = (...adapters: string[]): string => {
    const folder = scratchFolder();
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

  test('lets go of an adapter only when that is silent', async () => {
    const { controller } = controllerOn(createVirtualRadio());
    const calls: string[] = [];
    const watched: OpenController = async () => ({
      ...controller,
      write(bytes) {
        calls.push(bytes.toString('hex'));
        controller.write(bytes);
      },
      close() {
        calls.push('close');
        return controller.close();
      },
    });
    await problemOf(hearing(receiverOn([watched], '02:00:00:00:00:0C')).next());
    expect(calls.slice(-2)).toEqual(['01030c00', 'close']);
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
    ['Device or resource busy', 'shut', /in use by another program, usually bluetoothd/],
    ['Operation not possible due to RF-kill', 'shut', /rfkill unblock bluetooth/],
    ['Operation not permitted', 'shut', /CAP_NET_ADMIN/],
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

  test('an adapter that is unplugged while it is told to scan is lost at once', async () => {
    const { controller, unplug } = controllerOn(createVirtualRadio());
    const scanOn = '010c20020100';
    const leaving: OpenController = async () => ({
      ...controller,
      write: (bytes) => (bytes.toString('hex') === scanOn ? unplug() : controller.write(bytes)),
    });
    expect(await problemOf(hearing(receiverOn([leaving])).next())).toMatchObject({ code: 'lost' });
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
