// Every fault of BlueZ, in virtual time: how long until each device is read again.

import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBlueZRadio } from '../src/transports/bluez/bluez-radio.ts';
import { type FakeBlueZ, fakeBlueZ } from './fake-bluez.ts';
import { asked, boardModule, broadcasting, victronCompany, victronPayload } from './healing-devices.ts';
import { healingMsMax, startReading, useVirtualTimers, virtualNow, worstHealing } from './healing-rigs.ts';

beforeEach(useVirtualTimers);
afterEach(() => void vi.useRealTimers());

const bank = asked(1).device;
const roof = broadcasting(2).device;

const faults: readonly {
  readonly what: string;
  begin(bluez: FakeBlueZ): void;
  end?(bluez: FakeBlueZ): void;
}[] = [
  {
    what: 'its service restarts at once',
    begin(bluez) {
      bluez.end();
      bluez.begin();
    },
  },
  { what: 'its service is gone', begin: (bluez) => bluez.end(), end: (bluez) => bluez.begin() },
  {
    what: 'it answers no call',
    begin: (bluez) => Object.assign(bluez, { hangs: true }),
    end: (bluez) => Object.assign(bluez, { hangs: false }),
  },
  {
    what: 'the adapter is switched off',
    begin: (bluez) => bluez.switchAdapter(false),
    end: (bluez) => bluez.switchAdapter(true),
  },
  { what: 'discovery ends', begin: (bluez) => bluez.endDiscovery() },
  { what: 'nobody is heard until discovery is begun anew', begin: (bluez) => bluez.deafen() },
];

const measured: string[] = [];
afterAll(() => {
  for (const line of measured) console.error(`healing: BlueZ: ${line}`);
});

test.each(faults)('$what', async ({ what, begin, end }) => {
  const module = boardModule(bank.address ?? '');
  const bluez = fakeBlueZ({
    ...{ address: bank.address ?? '', notify: 'ff01', write: 'ff02' },
    receive: (bytes) => module.receive(bytes),
    connected: () => module.reset(),
  });
  let nonce = 0;
  const speaking = setInterval(
    () => bluez.broadcast(roof.address ?? '', victronCompany, victronPayload(++nonce)),
    500,
  );
  const radio = createBlueZRadio({ now: virtualNow, open: bluez.open });
  const reading = startReading([bank, roof], { radio: radio.receiver, gatt: radio.connect });
  const worstMs = await worstHealing(reading, () => begin(bluez), end && (() => end(bluez)));
  measured.push(`${what}: ${Math.ceil(worstMs / 1000)} s`);
  expect(worstMs).toBeLessThanOrEqual(healingMsMax);
  await reading.stop();
  clearInterval(speaking);
});
