// `record` and `--replay` of the media that no pseudo terminal and no program of its own stands for: USB HID, and
// characteristics that are read one by one.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createClock, createTerminal } from '@wattline/program';
import { familyOf } from '@wattline/protocols';
import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { type AxpertState, createAxpert, toReports } from '../../simulator/src/devices/axpert.ts';
import { createAxpertPeripheral } from '../../simulator/src/devices/axpert-peripheral.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { read } from '../src/commands/read.ts';
import { record } from '../src/commands/record.ts';
import { momentOf } from '../src/media.ts';
import type { Media } from '../src/reading/connect.ts';
import type { ReadDevice } from '../src/reading/device.ts';
import { startTimer } from '../src/reading/pacer.ts';
import type { Connect } from '../src/transport.ts';
import { replayLink } from '../src/transports/replay.ts';
import { radioOn } from './gatt-rigs.ts';
import { hidMachine } from './hid-rigs.ts';

const now = momentOf(createClock());
const longestMs = 20_000;
const state: AxpertState = {
  ...{ mode: 'B', acInputVoltage: 0, acOutputVoltage: 229.9, frequency: 50, acOutputPower: 745 },
  ...{ batteryVoltage: 52.78, batteryCurrent: 18, charge: 76, heatsink: 41, pvVoltage: 319.2, pvPower: 1946 },
  ...{ pvEnergyToday: 5800, pvEnergyTotal: 238_800, clock: '20210726122606' },
};
const passkey = 246_810;

type Question = (bytes: Uint8Array) => boolean;

function deviceOf(id: string, place: Pick<ReadDevice, 'port' | 'address' | 'passkey'>): ReadDevice {
  return { name: 'inverter', definition: familyOf(id), intervalMs: 1, ...place };
}

const absent = (): never => {
  throw new Error('not this medium');
};
const noMedia: Media = {
  ...{ radio: absent, serial: absent, hid: absent, gatt: absent, bus: absent, replayedPackets: absent },
  replayedLink: (path) => replayLink({ path, pace: 'fastest', now }),
};

/** Calls back when a question that each poll asks once is asked for the second time. */
function onSecondPoll(connect: Connect, isOfPoll: Question, done: () => void): Connect {
  const asked = new Set<string>();
  return async (signal) => {
    const link = await connect(signal);
    return {
      ...link,
      async write(bytes) {
        const question = Buffer.from(bytes).toString('hex');
        if (asked.has(question)) done();
        if (isOfPoll(bytes)) asked.add(question);
        await link.write(bytes);
      },
    };
  };
}

function openTerminal() {
  const [stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: false })];
  const terminal = createTerminal({ stdout, stderr, environment: {} });
  const text = (stream: PassThrough): string => stream.read()?.toString() ?? '';
  return { terminal, out: () => text(stdout), error: () => text(stderr) };
}

/** Records a poll of the device, reads the device, then the recording; the device is gone by then. */
async function recordAndReplay(
  device: ReadDevice,
  medium: 'hid' | 'gatt',
  connect: Connect,
  isOfPoll: Question = () => true,
) {
  const file = join(scratchFolder(), 'capture.jsonl');
  const polled = new AbortController();
  const live = (way: Connect): Media => ({ ...noMedia, [medium]: () => way });
  const common = { now, startTimer };
  const { terminal, error } = openTerminal();
  const code = await record({
    ...common,
    ...{ device, terminal, out: file, forMs: longestMs, signal: polled.signal },
    media: live(onSecondPoll(connect, isOfPoll, () => polled.abort())),
  });
  expect({ code, said: error() }).toEqual({
    code: 0,
    said: expect.stringMatching(/capture\.jsonl: [1-9]\d* chunks of inverter\n$/),
  });
  const readBy = async (each: ReadDevice, media: Media) => {
    const { terminal: printed, out, error: said } = openTerminal();
    const signal = new AbortController().signal;
    const options = { ...common, media, signal, deadlineMs: longestMs, json: true, raw: false };
    const ended = await read({ ...options, device: each, terminal: printed });
    expect({ code: ended, said: said() }).toEqual({ code: 0, said: '' });
    return JSON.parse(out());
  };
  const direct = await readBy(device, live(connect));
  const replayed = await readBy({ ...device, replay: file }, noMedia);
  const [header = '', ...entries] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return { direct, replayed, header: JSON.parse(header), entries, text: readFileSync(file, 'latin1') };
}

/** What the recording tells is what the device told, at the time at which it did. */
function expectSame({
  direct,
  replayed,
  header,
  entries,
}: Awaited<ReturnType<typeof recordAndReplay>>): void {
  expect(replayed).toEqual({ ...direct, time: expect.any(Number) });
  const startMs = Date.parse(header.when);
  const lastMs = startMs + JSON.parse(entries.at(-1) ?? '').ms;
  expect(replayed.time).toBeGreaterThanOrEqual(startMs);
  expect(replayed.time).toBeLessThanOrEqual(lastMs);
  expect(replayed.time).toBeLessThan(direct.time);
}

test('an inverter at USB HID', async () => {
  const machine = hidMachine(8);
  onTestFinished(machine.remove);
  const axpert = createAxpert({ serial: '92931701100510', state: () => state });
  machine.onWrite((report) => {
    for (const each of axpert.receive(report).flatMap((answer) => toReports(answer))) machine.send(each);
  });
  const device = deviceOf('voltronic-pi30', { port: '/dev/hidraw0' });
  const isStatus: Question = (bytes) => Buffer.from(bytes).toString('latin1').startsWith('QPIGS\xb7');
  const link = machine.link(machine.plugIn('hidraw0'));
  const all = await recordAndReplay(device, 'hid', link, isStatus);
  expectSame(all);
  expect(all.header).toMatchObject({ definition: 'voltronic-pi30', medium: 'hid' });
  expect(all.replayed.values).toMatchObject({ ac_output_power: 745, battery_voltage: 52.78, pv_power: 1946 });
  expect(axpert.strange).toEqual([]);
});

test('an inverter whose characteristics are read; its PIN is nowhere in the recording', async () => {
  const radio = createVirtualRadio({ supervisionMs: 20 });
  onTestFinished(() => radio.close());
  const address = 'A4:C1:38:00:00:01';
  radio.add(createAxpertPeripheral(() => state, { address, intervalMs: 10 }));
  const device = deviceOf('voltronic-ble', { address, passkey });
  const { media } = device.definition;
  const ways = media.filter((each) => each.medium === 'gatt' || each.medium === 'gatt-values');
  const all = await recordAndReplay(device, 'gatt', radioOn(radio).connect({ address, media: ways }));
  expectSame(all);
  expect(all.header).toMatchObject({ definition: 'voltronic-ble', medium: 'gatt-values' });
  expect(all.replayed.values).toMatchObject({
    ...{ ac_output_power: 745, battery_voltage: 52.78, battery_current: 18, state_of_charge: 76 },
  });
  const number = Buffer.alloc(4);
  number.writeUInt32LE(passkey);
  const forms = [String(passkey), Buffer.from(String(passkey)).toString('hex'), number.toString('hex')];
  for (const form of [...forms, Buffer.from(number).reverse().toString('hex')])
    expect(all.text).not.toContain(form);
});
