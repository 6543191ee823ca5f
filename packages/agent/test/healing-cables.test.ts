// Every fault of a cable and of a bus, in virtual time: how long until its device is read again.

import { definitions, familyOf, formatBlock } from '@wattline/protocols';
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type AxpertState, createAxpert, toReports } from '../../simulator/src/devices/axpert.ts';
import type { Media } from '../src/reading/connect.ts';
import type { ReadDevice } from '../src/reading/device.ts';
import { type Connect, TransportError } from '../src/transport.ts';
import { adapterProtocols, canSerialReceiver } from '../src/transports/can-serial.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { jbd } from './asked-battery.ts';
import { busSettings, formats } from './can-rigs.ts';
import { batteryBoard } from './healing-devices.ts';
import {
  healingMsMax,
  holdingTime,
  intervalMs,
  startReading,
  timeUntil,
  useVirtualTimers,
  virtualNow,
  worstHealing,
} from './healing-rigs.ts';
import { hidMachine } from './hid-rigs.ts';

beforeEach(useVirtualTimers);
afterEach(() => void vi.useRealTimers());

/** A port in memory, and the faults of what is behind it. */
function faultyPort(receive: (bytes: Uint8Array) => readonly Uint8Array[]) {
  let way: 'sound' | 'absent' | 'busy' | 'silent' | 'silent until opened' | 'takes nothing' | 'noisy' =
    'sound';
  let open: ReturnType<typeof createChunkBuffer> | undefined;
  const connect: Connect = async () => {
    if (way === 'absent') throw new TransportError('absent', 'there is no such port');
    if (way === 'busy') throw new TransportError('busy', 'another program has it');
    if (way === 'silent until opened') way = 'sound';
    const buffer = createChunkBuffer();
    open = buffer;
    const isHanging = () => way === 'takes nothing';
    return {
      read: buffer.read,
      async write(bytes) {
        buffer.forget();
        if (isHanging()) await new Promise(() => {});
        for (const answer of receive(bytes)) say(answer);
      },
      async close() {
        if (open === buffer) open = undefined;
        buffer.fail(new TransportError('lost', 'closed'));
        // Of a driver that hangs.
        if (isHanging()) await new Promise(() => {});
      },
    };
  };
  const say = (bytes: Uint8Array): void => {
    if (way === 'sound') open?.push(bytes);
    if (way === 'noisy') open?.push(bytes.map((byte) => byte ^ 0x5a));
  };
  const hangUp = (): void => open?.fail(new TransportError('lost', 'the port is gone'));
  return {
    ...{ connect, say, hangUp },
    become(next: typeof way) {
      way = next;
      if (way === 'absent' || way === 'busy') hangUp();
    },
  };
}

type Port = Pick<ReturnType<typeof faultyPort>, 'become' | 'hangUp'>;

interface Place {
  readonly device: ReadDevice;
  readonly media: Partial<Media>;
  readonly port: Port;
}

function battery(): Place {
  const board = batteryBoard();
  const port = faultyPort((bytes) => board.receive(bytes));
  const device = { name: 'bank', definition: jbd, port: '/dev/ttyBMS', intervalMs };
  return { device, port, media: { serial: () => port.connect } };
}

function every(ms: number, act: () => void): void {
  const timer = setInterval(act, ms);
  onTestFinished(() => clearInterval(timer));
}

function charger(): Place {
  const port = faultyPort(() => []);
  const block = formatBlock([
    ['PID', '0xA053'],
    ['V', '13000'],
  ]);
  every(1000, () => port.say(block));
  const device = { name: 'shed', definition: familyOf('vedirect-text'), port: '/dev/ttyVE', intervalMs };
  return { device, port, media: { serial: () => port.connect } };
}

const stack = (adapter: keyof typeof formats) => (): Place => {
  const port = faultyPort(() => []);
  const frames = [
    [0x351, '1402740e740ecc01'],
    [0x355, '32006400'],
    [0x356, 'c4140a00fa00'],
  ] as const;
  every(1000, () => {
    for (const [id, data] of frames)
      port.say(formats[adapter]({ id, data: Uint8Array.from(Buffer.from(data, 'hex')) }));
  });
  const device: ReadDevice = {
    ...{ name: 'stack', definition: familyOf('can-pylontech'), port: '/dev/ttyCAN', intervalMs },
    bus: { adapter, ...busSettings },
  };
  const receiver = canSerialReceiver({
    ...{ connect: port.connect, protocol: adapterProtocols[adapter](busSettings), now: virtualNow },
    settleMs: 0,
  });
  return { device, port, media: { bus: () => receiver } };
};

const shown: AxpertState = {
  ...{ mode: 'B', acInputVoltage: 0, acOutputVoltage: 230.2, frequency: 50, acOutputPower: 920 },
  ...{ batteryVoltage: 52.78, batteryCurrent: 18, charge: 76, heatsink: 41, pvVoltage: 319.2, pvPower: 1946 },
  ...{ pvEnergyToday: 5800, pvEnergyTotal: 238_800, clock: '20210726122606' },
};

const bySerial: readonly (readonly [string, () => Place])[] = [
  ['a serial port that is asked', battery],
  ['a serial port that is listened to', charger],
  ['a USB-CAN-A', stack('usb-can-a')],
  ['an slcan adapter', stack('slcan')],
];

const faults: readonly {
  readonly what: string;
  readonly isOfAsking?: true;
  begin(port: Port): void;
  readonly isLasting?: true;
}[] = [
  { what: 'hangs up', begin: (port) => port.hangUp() },
  { what: 'is pulled out', begin: (port) => port.become('absent'), isLasting: true },
  { what: 'is lost to another program', begin: (port) => port.become('busy'), isLasting: true },
  { what: 'goes quiet', begin: (port) => port.become('silent'), isLasting: true },
  { what: 'is quiet until it is opened anew', begin: (port) => port.become('silent until opened') },
  {
    what: 'takes nothing, and hangs in closing',
    isOfAsking: true,
    begin: (port) => port.become('takes nothing'),
    isLasting: true,
  },
  { what: 'has only noise', begin: (port) => port.become('noisy'), isLasting: true },
];

const measured: string[] = [];
afterAll(() => {
  for (const line of measured) console.error(`healing: ${line}`);
});

describe.each(bySerial)('%s', (name, open) => {
  const own = faults.filter(({ isOfAsking }) => !isOfAsking || open === battery);
  test.each(own)('$what', async ({ what, begin, isLasting }) => {
    const { device, media, port } = open();
    const reading = startReading([device], media);
    const end = isLasting && (() => port.become('sound'));
    const worstMs = await worstHealing(reading, () => begin(port), end);
    measured.push(`${name} ${what}: ${Math.ceil(worstMs / 1000)} s`);
    expect(worstMs).toBeLessThanOrEqual(healingMsMax);
    await reading.stop();
  });
});

test.each([
  ['disappears and returns under another name', true],
  ['stops answering', false],
])('a HID device %s', async (what, isGone) => {
  const machine = hidMachine(8);
  const axpert = createAxpert({ serial: '92931701100510', state: () => shown });
  let isSilent = false;
  machine.onWrite((report) => {
    // Behind the end of a request only padding.
    const end = report.indexOf(0x0d);
    for (const answer of axpert
      .receive(end < 0 ? report : report.subarray(0, end + 1))
      .flatMap((bytes) => toReports(bytes)))
      if (!isSilent) machine.send(answer);
  });
  let nodes = 0;
  let path = machine.plugIn(`hidraw${nodes++}`);
  const port = 'usb:0665:5161';
  const device = { name: 'hut', definition: familyOf('voltronic-pi30'), port, intervalMs };
  const reading = startReading([device], { hid: () => holdingTime(machine.link(port)) });
  const worstMs = await worstHealing(
    reading,
    () => {
      if (isGone) machine.unplug(path);
      else isSilent = true;
    },
    () => {
      if (isGone) path = machine.plugIn(`hidraw${nodes++}`);
      isSilent = false;
    },
  );
  measured.push(`a HID device ${what}: ${Math.ceil(worstMs / 1000)} s`);
  expect(worstMs).toBeLessThanOrEqual(healingMsMax);
  await reading.stop();
  machine.remove();
});

/** An inverter is asked three times, each for the 5 s of its makers' sheet. */
const toldMsMax = 15_100;

test('whoever is asked and does not answer is told with its likely causes, of every family', async () => {
  const asked = definitions.filter(
    ({ ask, media }) => ask !== undefined && media.some(({ medium }) => medium === 'serial'),
  );
  expect(asked.length).toBeGreaterThan(3);
  const told = new Map<string, number>();
  for (const definition of asked) {
    const port = faultyPort(() => []);
    const device = { name: 'any', definition, port: '/dev/ttyUSB0', intervalMs };
    const reading = startReading([device], { serial: () => port.connect });
    told.set(definition.id, await timeUntil(() => reading.troubles.length > 0, healingMsMax));
    expect(reading.troubles[0]).toMatch(
      /no answer within .* is it on and awake\? is this its port, the cable at the right socket/,
    );
    await reading.stop();
  }
  expect([...told].filter(([, ms]) => ms > toldMsMax)).toEqual([]);
});
