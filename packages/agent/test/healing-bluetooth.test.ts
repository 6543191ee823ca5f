// Every fault of a Bluetooth adapter and of its devices, with noble's code and the whole ladder, in virtual time: how long
// until each device is read again, from the end of a fault that lasts, else from the fault itself.

import { definitions } from '@wattline/protocols';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { victronFrame } from '../../protocols/test/victron-frame.ts';
import { createJbdBoard, createJbdModule } from '../../simulator/src/devices/jbd.ts';
import { createJbdPeripheral } from '../../simulator/src/devices/jbd-peripheral.ts';
import { manufacturerAdvertising } from '../../simulator/src/radio/advertising-payload.ts';
import { createPeripheral, type Peripheral } from '../../simulator/src/radio/peripheral.ts';
import type { ReadDevice } from '../src/reading/device.ts';
import { startTimer } from '../src/reading/pacer.ts';
import { readDevices } from '../src/reading/read-devices.ts';
import type { RadioEnd } from '../src/transports/radio-process.ts';
import { createWatchedRadio } from '../src/transports/watched-radio.ts';
import { jbd, password } from './asked-battery.ts';
import { silentLog } from './bluetooth-rigs.ts';
import {
  faultyAdapter,
  healingMsMax,
  passMs,
  processOn,
  timeUntil,
  useVirtualTimers,
  virtualNow,
} from './healing-rigs.ts';

const intervalMs = 10_000;
const advertisingEveryMs = 500;
const victron = definitions.find(({ id }) => id === 'victron-ble');
if (victron === undefined) throw new Error('the catalogue lacks victron-ble');
const key = new Uint8Array(16).fill(7);
const charging = Uint8Array.of(3, 0, 0x14, 5, ...new Uint8Array(8).fill(0xff));

beforeEach(useVirtualTimers);
afterEach(() => void vi.useRealTimers());

function batteryAt(address: string): Peripheral {
  const board = createJbdBoard(() => ({
    ...{ voltage: 13, current: -0.5, remainingAh: 204, ratedAh: 213 },
    ...{ cellVoltages: [3.336, 3.334, 3.336, 3.336], temperatures: [26.8] },
  }));
  const module = createJbdModule(board, { address, password, random: () => 0x37 });
  return createJbdPeripheral(module, { address, intervalMs: advertisingEveryMs });
}

function chargerAt(address: string): Peripheral {
  let nonce = 0;
  const advertising = () =>
    manufacturerAdvertising(0x02e1, victronFrame(0x01, charging, { key, nonce: ++nonce }));
  return createPeripheral({ address, advertising, intervalMs: advertisingEveryMs, connectable: false });
}

interface Member {
  readonly device: ReadDevice;
  readonly peripheral: Peripheral;
}

const asked = (number: number): Member => {
  const address = `A4:C1:38:00:00:${String(number).padStart(2, '0')}`;
  return {
    peripheral: batteryAt(address),
    device: {
      ...{ name: `bank-${number}`, definition: jbd, address, intervalMs },
      secret: new TextEncoder().encode(password),
    },
  };
};
const broadcasting = (number: number): Member => {
  const address = `FA:AC:27:00:00:${String(number).padStart(2, '0')}`;
  const device = { name: `roof-${number}`, definition: victron, address, secret: key, intervalMs };
  return { peripheral: chargerAt(address), device };
};

function openSite(members: readonly Member[]) {
  const adapter = faultyAdapter();
  for (const { peripheral } of members) adapter.air.add(peripheral);
  let die: (end: RadioEnd) => void = () => {};
  const radio = createWatchedRadio({
    ...{ file: '', now: virtualNow, log: silentLog },
    runProcess: processOn(adapter.adapter, (end) => {
      die = end;
    }),
  });
  const stop = new AbortController();
  /** When what was read of each device had been measured. */
  const measuredMs = new Map<string, number[]>(members.map(({ device }) => [device.name, []]));
  const nobody = () => {
    throw new Error('nobody asked for this');
  };
  const running = readDevices({
    devices: members.map(({ device }) => device),
    media: {
      ...{ radio: radio.receiver, gatt: radio.connect },
      ...{ serial: nobody, hid: nobody, bus: nobody, replayedPackets: nobody, replayedLink: nobody },
    },
    ...{ now: virtualNow, startTimer, signal: stop.signal },
    reading: ({ name }, { moment }) => void measuredMs.get(name)?.push(moment.uptimeMs),
    trouble: () => {},
  });
  return {
    ...{ adapter, measuredMs },
    crash: () => die({ why: 'crashed', message: 'killed by SIGKILL' }),
    isReadSince: (sinceMs: number, names = [...measuredMs.keys()]) =>
      names.every((name) => (measuredMs.get(name)?.at(-1) ?? -1) >= sinceMs),
    async close() {
      stop.abort();
      await passMs(10_000);
      await running;
      adapter.air.close();
    },
  };
}

type Site = ReturnType<typeof openSite>;

interface Fault {
  readonly what: string;
  /** Of a connection: to a device that only broadcasts there is none. */
  readonly isOfLink?: true;
  begin(site: Site, bank: Peripheral): void;
  /** Absent: it does not last. */
  end?(site: Site, bank: Peripheral): void;
}

const faults: readonly Fault[] = [
  { what: 'a device hangs up', isOfLink: true, begin: (_, bank) => bank.hangUp() },
  { what: 'a device is out of reach', begin: (_, bank) => bank.vanish(), end: (_, bank) => bank.reappear() },
  {
    what: 'a link goes quiet without a disconnect',
    isOfLink: true,
    begin: (_, bank) => Object.assign(bank, { silent: true }),
    end: (_, bank) => Object.assign(bank, { silent: false }),
  },
  {
    what: 'a device takes no connection',
    isOfLink: true,
    begin(_, bank) {
      bank.failConnect = Number.POSITIVE_INFINITY;
      bank.hangUp();
    },
    end(_, bank) {
      bank.failConnect = 0;
    },
  },
  {
    what: 'the adapter is pulled out',
    begin: ({ adapter }) => adapter.pullOut(),
    end: ({ adapter }) => adapter.plugIn(),
  },
  ...(['answers nothing', 'answers no command', 'connects to nobody', 'hears nobody'] as const).flatMap(
    (what): Fault[] => [
      {
        what: `the adapter ${what} until it is opened anew`,
        begin({ adapter }, bank) {
          adapter.breakBy(what, 'opening');
          bank.hangUp();
        },
      },
      {
        what: `the adapter ${what} for a while`,
        begin({ adapter }, bank) {
          adapter.breakBy(what, 'itself');
          bank.hangUp();
        },
        end: ({ adapter }) => adapter.mend(),
      },
    ],
  ),
  { what: 'the process of the radio dies', begin: (site) => site.crash() },
];

/** Those that last, for so long; the pauses of the attempts grow meanwhile. */
const lastingMs = [7000, 61_000, 200_000];
const sites = [
  ['devices that are asked', [asked, asked]],
  ['devices that broadcast', [broadcasting, broadcasting]],
  ['both kinds of device', [asked, asked, broadcasting]],
] as const;

const measured = new Map<string, string[]>();
afterAll(() => {
  for (const [what, times] of measured) console.error(`healing: ${what}: ${times.join(', ')}`);
});

describe.each(sites)('%s', (name, kinds) => {
  const own = faults.filter(({ isOfLink }) => !isOfLink || kinds.some((kind) => kind === asked));
  test.each(own)('$what', async ({ what, begin, end }) => {
    const site = openSite(kinds.map((kind, index) => kind(index + 1)));
    const [bank] = site.adapter.air.peripherals;
    if (bank === undefined) throw new Error('there is no bank');
    let worstMs = 0;
    for (const forMs of end === undefined ? [0] : lastingMs) {
      await timeUntil(() => site.isReadSince(performance.now() - 2 * intervalMs), healingMsMax);
      await passMs(intervalMs / 4);
      begin(site, bank);
      await passMs(forMs);
      end?.(site, bank);
      const sinceMs = performance.now();
      worstMs = Math.max(worstMs, await timeUntil(() => site.isReadSince(sinceMs), 10 * healingMsMax));
    }
    measured.set(what, [...(measured.get(what) ?? []), `${name} ${Math.ceil(worstMs / 1000)} s`]);
    expect(worstMs).toBeLessThanOrEqual(healingMsMax);
    await site.close();
  });
});
