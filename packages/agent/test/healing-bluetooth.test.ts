// Every fault of a Bluetooth adapter and of its devices, with noble's code and the whole ladder, in virtual time: how long
// until each device is read again, from the end of a fault that lasts, else from the fault itself.

import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Peripheral } from '../../simulator/src/radio/peripheral.ts';
import type { RadioEnd } from '../src/transports/radio-process.ts';
import { createWatchedRadio } from '../src/transports/watched-radio.ts';
import { silentLog } from './bluetooth-rigs.ts';
import { asked, broadcasting, type Member } from './healing-devices.ts';
import {
  faultyAdapter,
  healingMsMax,
  processOn,
  startReading,
  useVirtualTimers,
  virtualNow,
  worstHealing,
} from './healing-rigs.ts';

beforeEach(useVirtualTimers);
afterEach(() => void vi.useRealTimers());

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
  const reading = startReading(
    members.map(({ device }) => device),
    { radio: radio.receiver, gatt: radio.connect },
  );
  return {
    ...{ adapter, reading },
    crash: () => die({ why: 'crashed', message: 'killed by SIGKILL' }),
    async close() {
      await reading.stop();
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
    const worstMs = await worstHealing(site.reading, () => begin(site, bank), end && (() => end(site, bank)));
    measured.set(what, [...(measured.get(what) ?? []), `${name} ${Math.ceil(worstMs / 1000)} s`]);
    expect(worstMs).toBeLessThanOrEqual(healingMsMax);
    await site.close();
  });
});
