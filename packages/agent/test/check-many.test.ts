// A check of many devices, in virtual time: each gets its verdict within its ten seconds, with its own cause.

import { exitCodes } from '@wattline/program';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import type { ReadDevice } from '../src/reading/device.ts';
import { type Connect, TransportError } from '../src/transport.ts';
import { createBluetoothRadio } from '../src/transports/bluetooth-radio.ts';
import { jbd } from './asked-battery.ts';
import { controllerOn } from './bluetooth-rigs.ts';
import { checkFor, deadlineMs } from './check-rig.ts';
import { asked, broadcasting } from './healing-devices.ts';
import { useVirtualTimers, virtualNow } from './healing-rigs.ts';

beforeEach(useVirtualTimers);
afterEach(() => void vi.useRealTimers());

const gone: Connect = async () => {
  throw new TransportError('absent', 'there is no serial port /dev/ttyBMS: is its cable plugged in?');
};

const told = [
  /^ok {4}broker: /,
  /^FAULT absent-bank: A4:C1:38:00:00:08 was not heard within 8 s: out of reach, held by a phone app, or off$/,
  ...[1, 2, 3, 4, 5].map((number) => new RegExp(`^ok {4}bank-${number}: .*battery_voltage 13 V`)),
  /^FAULT locked: password: the module refuses it/,
  /^FAULT absent-roof: FA:AC:27:00:00:08 was not heard: out of reach, switched off, held by a phone app/,
  ...[1, 2].map((number) => new RegExp(`^ok {4}roof-${number}: .*battery_voltage 13 V`)),
  /^FAULT foreign: the key begins with 09, the device uses one that begins with 07/,
  /^FAULT absent-port: there is no serial port \/dev\/ttyBMS: is its cable plugged in\?$/,
];

/** On a disturbed radio each connection takes its time, and the others wait; then ten seconds are each one's own. */
test.each([
  ['a good radio', 20, 12_000],
  ['a disturbed radio', 1500, 3 * deadlineMs],
] as const)(
  'of twelve devices, three absent and two with wrong secrets, each is told its own cause on %s',
  async (_, connectMs, allMsMax) => {
    const air = createVirtualRadio({ connectMs, random: () => 0.5 });
    const banks = [1, 2, 3, 4, 5, 6].map(asked);
    const roofs = [1, 2, 3].map(broadcasting);
    for (const { peripheral } of [...banks, ...roofs]) air.add(peripheral);
    const [locked, foreign] = [asked(7), broadcasting(7)];
    air.add(locked.peripheral);
    air.add(foreign.peripheral);
    const devices: ReadDevice[] = [
      { ...asked(8).device, name: 'absent-bank' },
      ...banks.slice(0, 5).map(({ device }) => device),
      { ...locked.device, name: 'locked', secret: new TextEncoder().encode('999999') },
      { ...broadcasting(8).device, name: 'absent-roof' },
      ...roofs.slice(0, 2).map(({ device }) => device),
      { ...foreign.device, name: 'foreign', secret: new Uint8Array(16).fill(9) },
      { name: 'absent-port', definition: jbd, port: '/dev/ttyBMS', intervalMs: 10_000 },
    ];
    expect(devices).toHaveLength(12);
    const radio = createBluetoothRadio({
      adapter: () => ({ candidates: [async () => controllerOn(air).controller] }),
      now: virtualNow,
    });
    const { code, endedMs, lines } = await checkFor(12 * deadlineMs, devices, {
      ...{ radio: radio.receiver, gatt: radio.connect, serial: () => gone },
    });
    expect(code).toBe(exitCodes.someNotRead);
    expect(endedMs).toBeLessThanOrEqual(allMsMax + 100);
    expect(lines).toEqual(told.map((line) => expect.stringMatching(line)));
    air.close();
  },
);
