// Who holds the Bluetooth adapter changes while the agent runs: how long until each device is read again, by the other way.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { TransportError } from '../src/transport.ts';
import type { AdapterChoice } from '../src/transports/adapter-choice.ts';
import { type Access, chooseAccess, chosenRadio } from '../src/transports/bluetooth-access.ts';
import { createBlueZRadio } from '../src/transports/bluez/bluez-radio.ts';
import { createWatchedRadio } from '../src/transports/watched-radio.ts';
import { silentLog } from './bluetooth-rigs.ts';
import { fakeBlueZ } from './fake-bluez.ts';
import { asked, boardModule, broadcasting, victronCompany, victronPayload } from './healing-devices.ts';
import {
  faultyAdapter,
  healingMsMax,
  passMs,
  processOn,
  startReading,
  timeUntil,
  useVirtualTimers,
  virtualNow,
} from './healing-rigs.ts';

beforeEach(useVirtualTimers);
afterEach(() => void vi.useRealTimers());

/** A machine with one adapter, which bluetoothd holds while both are there. The devices are reached by either way. */
function openMachine({ hasAdapter, hasBlueZ }: { hasAdapter: boolean; hasBlueZ: boolean }) {
  const [bank, roof] = [asked(1), broadcasting(2)];
  const { air, adapter: free, pullOut, plugIn } = faultyAdapter();
  for (const { peripheral } of [bank, roof]) air.add(peripheral);
  const address = bank.device.address ?? '';
  const module = boardModule(address);
  const bluez = fakeBlueZ({
    ...{ address, notify: 'ff01', write: 'ff02' },
    receive: (bytes) => module.receive(bytes),
    connected: () => module.reset(),
  });
  let nonce = 0;
  const speaking = setInterval(
    () => bluez.broadcast(roof.device.address ?? '', victronCompany, victronPayload(++nonce)),
    500,
  );
  let isHeld = hasBlueZ;
  let isThere = hasAdapter;
  if (!hasBlueZ || !hasAdapter) bluez.end();
  const adapter = (): AdapterChoice => {
    if (!isThere) throw new TransportError('absent', 'no Bluetooth adapter');
    if (isHeld) return { candidates: [() => Promise.reject(new TransportError('shut', 'in use'))] };
    return free();
  };
  const systemBus = join(scratchFolder(), 'system_bus_socket');
  writeFileSync(systemBus, '');
  const options = { wanted: 'auto', adapter, isKernels: true, bonded: [], systemBus } as const;
  const changes: Access['way'][] = [];
  const runProcess = processOn(adapter, () => {});
  const watched = { file: '', now: virtualNow, log: silentLog, endsShut: true, runProcess } as const;
  const radio = chosenRadio({
    choose: (current) => chooseAccess(options, current),
    open: async (way) =>
      way === 'dbus' ? createBlueZRadio({ now: virtualNow, open: bluez.open }) : createWatchedRadio(watched),
    changed: ({ way }) => void changes.push(way),
    uptimeMs: () => performance.now(),
  });
  const reading = startReading([bank.device, roof.device], { radio: radio.receiver, gatt: radio.connect });
  return {
    changes,
    startBlueZ() {
      isHeld = true;
      if (isThere) bluez.begin();
    },
    stopBlueZ() {
      isHeld = false;
      bluez.end();
    },
    pullOut() {
      isThere = false;
      pullOut();
      bluez.end();
    },
    plugIn() {
      isThere = true;
      plugIn();
      if (isHeld) bluez.begin();
    },
    async healing(): Promise<number> {
      const sinceMs = performance.now();
      return await timeUntil(() => reading.isReadSince(sinceMs), 10 * healingMsMax);
    },
    async close() {
      await reading.stop();
      clearInterval(speaking);
      air.close();
    },
  };
}

type Machine = ReturnType<typeof openMachine>;

const both = { hasAdapter: true, hasBlueZ: true };
const free = { hasAdapter: true, hasBlueZ: false };

test.each<[string, typeof both, (machine: Machine) => unknown, readonly Access['way'][]]>([
  [
    'comes late and is taken by bluetoothd',
    { hasAdapter: false, hasBlueZ: true },
    (machine) => machine.plugIn(),
    ['dbus'],
  ],
  ['is free when bluetoothd is stopped', both, (machine) => machine.stopBlueZ(), ['user-channel']],
  [
    'is taken by bluetoothd while it was unplugged',
    free,
    async (machine) => {
      machine.pullOut();
      await passMs(61_000);
      machine.startBlueZ();
      machine.plugIn();
    },
    ['dbus'],
  ],
  [
    'is free for a moment while bluetoothd restarts',
    both,
    async (machine) => {
      machine.stopBlueZ();
      await passMs(5000);
      machine.startBlueZ();
    },
    [],
  ],
  [
    'is absent for long, beside bluetoothd',
    both,
    async (machine) => {
      machine.pullOut();
      await passMs(200_000);
      machine.plugIn();
    },
    [],
  ],
])('an adapter that %s', async (what, start, happens, ways) => {
  const machine = openMachine(start);
  if (start.hasAdapter) expect(await machine.healing()).toBeLessThan(healingMsMax);
  await passMs(61_000);
  await happens(machine);
  const ms = await machine.healing();
  console.error(`healing: an adapter that ${what}: ${Math.ceil(ms / 1000)} s`);
  expect(ms).toBeLessThanOrEqual(healingMsMax);
  await passMs(200_000);
  expect(machine.changes).toEqual(ways);
  await machine.close();
});
