import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { TransportError, type TransportErrorCode } from '../src/transport.ts';
import { chooseAccess } from '../src/transports/bluetooth-access.ts';
import type { OpenController } from '../src/transports/controller.ts';
import { opening } from './bluetooth-rigs.ts';

function machine(open: OpenController, hasBlueZ = true) {
  const systemBus = join(scratchFolder(), 'system_bus_socket');
  if (hasBlueZ) writeFileSync(systemBus, '');
  const adapter = () => ({ candidates: [open] });
  return { wanted: 'auto', adapter, isKernels: true, bonded: [], systemBus } as const;
}

const free = opening(createVirtualRadio());
const failing =
  (code: TransportErrorCode): OpenController =>
  () =>
    Promise.reject(new TransportError(code, `it is ${code}`));

test('a free adapter is taken alone, one that is held or not permitted is shared through BlueZ', async () => {
  expect(await chooseAccess(machine(free))).toEqual({
    way: 'user-channel',
    why: 'the adapter is free and permitted',
  });
  expect(await chooseAccess(machine(failing('shut')))).toEqual({ way: 'dbus', why: 'it is shut' });
  expect(await chooseAccess(machine(failing('absent')))).toMatchObject({ way: 'user-channel' });
  const shared = { way: 'dbus', why: 'it was' } as const;
  expect(await chooseAccess(machine(failing('absent')), shared)).toBe(shared);
  expect(await chooseAccess(machine(free), shared)).toMatchObject({ way: 'user-channel' });
});

test('a device with a pin needs BlueZ, and without BlueZ nothing is tried', async () => {
  expect(await chooseAccess({ ...machine(free), bonded: ['inverter'] })).toEqual({
    way: 'dbus',
    why: 'inverter has a pin, and BlueZ keeps bonds',
  });
  expect(await chooseAccess(machine(failing('shut'), false))).toMatchObject({ way: 'user-channel' });
});

test('what the configuration says is done, except where BlueZ cannot be', async () => {
  expect(await chooseAccess({ ...machine(free), wanted: 'dbus' })).toMatchObject({ way: 'dbus' });
  expect(await chooseAccess({ ...machine(free), wanted: 'dbus', isKernels: false })).toMatchObject({
    way: 'user-channel',
  });
});
