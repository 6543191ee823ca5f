// From what was heard to readings with identity and time, and what is said about devices that have trouble.

import { createRepeats } from '@wattline/program';
import { definitions, type Reading } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import type { DeviceConfiguration } from '../src/config/configuration.ts';
import type { Heard, ReadDevice } from '../src/reading/device.ts';
import { createReporter, type ReporterOptions } from '../src/reporter.ts';

const [definition] = definitions;
if (definition === undefined) throw new Error('the catalogue is empty');
const roof: DeviceConfiguration = {
  ...{ index: 0, name: 'roof', definition, vendor: 'victron' },
  ...{ type: 'smartsolar', address: 'FA:AC:27:00:00:01', intervalMs: 10_000 },
};
const { type: _, ...untyped } = roof;
const wallMs = Date.UTC(2026, 5, 1);

const heard = (uptimeMs: number, values: Heard['decoded']['values'] = { battery_voltage: 13 }): Heard => ({
  decoded: { record: '0x01', kind: 'solar_charger', model: 'SmartSolar MPPT 75/15', values },
  moment: { wallMs: 0, uptimeMs },
  rssi: -61,
});

function reporting(more: Partial<ReporterOptions> = {}) {
  const said: string[] = [];
  const delivered: { topic: string; reading: Reading }[] = [];
  const say = (level: string) => (text: string, cause?: unknown) =>
    said.push(`${level} ${text}${cause instanceof Error ? `: ${cause.message}` : ''}`);
  const log = { error: say('error'), warn: say('warn'), info: say('info'), debug: () => {} };
  // Uptime 5 s at 1 June; the test moves it.
  const machine = { uptimeMs: 5000, synced: true, setRightByMs: 0 };
  let sequence = 0;
  const reporter = createReporter({
    ...{ agent: 'barn', devices: [roof], intervalSecondsOf: ({ intervalMs }) => intervalMs / 1000, log },
    identity: { boot: 'b007', stream: '5ea', nextSequence: () => sequence++ },
    clock: {
      nowMs: () => wallMs + machine.uptimeMs - 5000 + machine.setRightByMs,
      uptimeMs: () => machine.uptimeMs,
      isSynced: () => machine.synced,
    },
    delivery: {
      async deliver(topic, reading) {
        delivered.push({ topic, reading });
        return 'confirmed';
      },
    },
    repeats: createRepeats(log),
    ...more,
  });
  return { reporter, delivered, said, machine };
}

const deviceOf = ({ name, intervalMs }: DeviceConfiguration): ReadDevice => ({
  name,
  definition,
  intervalMs,
});
const device = deviceOf(roof);

describe('a reading', () => {
  test('of one of several units behind a link is that of a device of its own', () => {
    const { reporter, delivered } = reporting({ devices: [{ ...untyped, vendor: 'jbd' }] });
    const unit = (part: string | undefined): Heard => {
      const { decoded, moment } = heard(3000);
      return { decoded: { ...decoded, ...(part === undefined ? {} : { part }) }, moment };
    };
    for (const part of [undefined, 'pack_1', 'pack_2', 'pack_1']) reporter.reading(device, unit(part));
    const topics = ['', '_pack_1', '_pack_2'].map((part) => `jbd/solar_charger/roof${part}`);
    expect(delivered.map(({ topic }) => topic)).toEqual([...topics, topics[1]]);
    expect(delivered.map(({ reading }) => reading.sequence)).toEqual([0, 1, 2, 3]);
    expect(reporter.devices().map(({ topic }) => topic)).toEqual(topics);
  });

  test('carries its identity, time of measuring, definition and planned interval', () => {
    const { reporter, delivered } = reporting({ site: 'cabin' });
    reporter.reading(device, heard(3000));
    expect(delivered).toEqual([
      {
        topic: 'victron/smartsolar/roof',
        reading: {
          ...{ timeMs: wallMs - 2000, clock: 'synced', boot: 'b007', uptimeMs: 3000, site: 'cabin' },
          ...{ agent: 'barn', stream: '5ea', sequence: 0, definition: 'victron-ble', kind: 'solar_charger' },
          ...{ model: 'SmartSolar MPPT 75/15', intervalSeconds: 10, values: { battery_voltage: 13 } },
        },
      },
    ]);
  });

  test('is counted over all devices of the agent', () => {
    const bank = { ...roof, name: 'bank', index: 1 };
    const { reporter, delivered } = reporting({ devices: [roof, bank] });
    for (const each of [roof, bank, roof]) reporter.reading(deviceOf(each), heard(3000));
    expect(delivered.map(({ topic, reading }) => [topic, reading.sequence])).toEqual([
      ['victron/smartsolar/roof', 0],
      ['victron/smartsolar/bank', 1],
      ['victron/smartsolar/roof', 2],
    ]);
  });

  test('of a device without a type goes by its kind', () => {
    const { reporter, delivered } = reporting({ devices: [untyped] });
    reporter.reading(deviceOf(untyped), heard(3000));
    expect(delivered[0]?.topic).toBe('victron/solar_charger/roof');
  });

  test('that waited while the clock was set right has the right time, not the one it was heard at', () => {
    const { reporter, delivered, machine } = reporting();
    machine.synced = false;
    reporter.reading(device, heard(4000));
    machine.uptimeMs = 9000;
    machine.synced = true;
    machine.setRightByMs = 86_400_000;
    reporter.reading(device, heard(4500));
    expect(delivered.map(({ reading }) => [reading.clock, reading.timeMs, reading.uptimeMs])).toEqual([
      ['unsynced', wallMs - 1000, 4000],
      ['synced', wallMs + 86_400_000 - 500, 4500],
    ]);
  });

  test('out of a recording has the time of the recording, and tells nothing about the clocks of this machine', () => {
    const { reporter, delivered } = reporting();
    const recordedMs = Date.UTC(2026, 0, 31);
    const moment = { wallMs: recordedMs + 3000, uptimeMs: 3000 };
    reporter.reading({ ...device, replay: 'roof.jsonl' }, { ...heard(0), moment });
    expect(delivered[0]?.reading).toMatchObject({
      ...{ timeMs: recordedMs + 3000, clock: 'synced', uptimeMs: 3000 },
      boot: `recording-${recordedMs}`,
    });
    expect(reporter.devices()[0]).toMatchObject({ lastReadMs: recordedMs + 3000 });
  });

  test('is told when it was accepted; one that is lost is an error, and both are waited for', async () => {
    const accepted: string[] = [];
    const { reporter, said } = reporting({
      accepted: (topic, { sequence }) => accepted.push(`${topic} ${sequence}`),
      delivery: {
        deliver: async (_topic, { sequence }) => {
          await new Promise((resolve) => setImmediate(resolve));
          if (sequence === 1) throw new Error('the disk is full');
          return 'synced';
        },
      },
    });
    reporter.reading(device, heard(3000));
    reporter.reading(device, heard(4000));
    expect(accepted).toEqual([]);
    await reporter.settled();
    expect(accepted).toEqual(['victron/smartsolar/roof 0']);
    expect(said).toEqual(['error victron/smartsolar/roof: a reading is lost: the disk is full']);
  });
});

describe('trouble', () => {
  test('that goes on is said once, and its end with how often it was', () => {
    const { reporter, said } = reporting();
    for (let time = 0; time < 4; time++)
      reporter.trouble(device, { code: 'link', message: 'the adapter is gone' });
    reporter.reading(device, heard(3000));
    reporter.reading(device, heard(4000));
    expect(said).toEqual(['warn roof: the adapter is gone', 'info roof: read again after 4 times']);
  });

  test('with a key is an error', () => {
    const { reporter, said } = reporting();
    reporter.trouble(device, { code: 'key', message: 'the key begins with 00' });
    expect(said).toEqual(['error roof: the key begins with 00']);
  });

  test('by single damaged or foreign packets is none, however many there are beside the readings', () => {
    const { reporter, said, machine } = reporting();
    reporter.reading(device, heard(5000));
    for (let second = 0; second < 50; second++) {
      machine.uptimeMs += 1000;
      reporter.trouble(device, { code: 'ignored', message: 'not an Instant Readout frame' });
    }
    reporter.reading(device, heard(machine.uptimeMs));
    reporter.trouble(device, { code: 'corrupt', message: 'damaged' });
    expect(said).toEqual([]);
    expect(reporter.devices()[0]).not.toHaveProperty('problem');
  });

  test('by damaged or foreign packets alone is said after the fifth', () => {
    const { reporter, said } = reporting();
    for (let count = 0; count < 4; count++) reporter.trouble(device, { code: 'corrupt', message: 'damaged' });
    expect(said).toEqual([]);
    for (let count = 0; count < 4; count++) reporter.trouble(device, { code: 'corrupt', message: 'damaged' });
    expect(said).toEqual(['warn roof: damaged']);
    expect(reporter.devices()[0]).toMatchObject({ problem: 'damaged' });
  });

  test('by damaged packets is counted anew from each reading', () => {
    const { reporter, said, machine } = reporting();
    for (let count = 0; count < 4; count++) reporter.trouble(device, { code: 'corrupt', message: 'damaged' });
    reporter.reading(device, heard(5000));
    machine.uptimeMs = 70_000;
    for (let count = 0; count < 4; count++) reporter.trouble(device, { code: 'corrupt', message: 'damaged' });
    expect(said).toEqual([]);
  });

  test('by damaged packets is said when the last reading is a minute old', () => {
    const { reporter, said, machine } = reporting();
    reporter.reading(device, heard(5000));
    for (const uptimeMs of [64_000, 64_900, 64_990, 64_995, 64_999]) {
      machine.uptimeMs = uptimeMs;
      reporter.trouble(device, { code: 'corrupt', message: 'damaged' });
    }
    expect(said).toEqual([]);
    machine.uptimeMs = 65_000;
    reporter.trouble(device, { code: 'corrupt', message: 'damaged' });
    expect(said).toEqual(['warn roof: damaged']);
  });

  test('is shown with the device until it is read again', () => {
    const { reporter } = reporting({ devices: [untyped] });
    reporter.trouble(deviceOf(untyped), { code: 'silent', message: 'was not heard' });
    const view = { name: 'roof', topic: 'victron/+/roof', intervalSeconds: 10 };
    expect(reporter.devices()).toEqual([{ ...view, problem: 'was not heard' }]);
    reporter.reading(deviceOf(untyped), heard(4000));
    expect(reporter.devices()).toEqual([
      { ...view, topic: 'victron/solar_charger/roof', lastReadMs: wallMs - 1000, rssi: -61 },
    ]);
  });
});

test('what cannot be true is published as unknown, and said once with what could be', async () => {
  const limits = { V: { least: 0, most: 60 } };
  const { reporter, delivered, said } = reporting({ devices: [{ ...roof, limits }] });
  for (const voltage of [13, 655.35, 655.34, 13.1])
    reporter.reading(device, heard(5000, { battery_voltage: voltage, load_on: true }));
  await reporter.settled();
  expect(delivered.map(({ reading }) => reading.values)).toEqual(
    [13, null, null, 13.1].map((voltage) => ({ battery_voltage: voltage, load_on: true })),
  );
  expect(said).toEqual([
    'warn roof: what cannot be true is published as unknown: battery_voltage (expected 0 to 60 V); "limits" of the device changes what can be',
    'info roof: all values can be true again after 2 times',
  ]);
});
