// VE.Direct text: blocks however they come, and what a port makes of them over time.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelAgeMaxMs, listen } from '../src/devices/vedirect-text/listener.ts';
import { readStream } from '../src/devices/vedirect-text/stream.ts';
import { blockBytesMax, formatBlock, takeBlock } from '../src/framing/vedirect-text.ts';
import { joinChunks, takeOrSkip } from '../src/session.ts';
import { answersOf, expectFraming } from './framing.ts';
import { bytesOf, vectorsOf } from './vectors.ts';

const text = (characters: string): Uint8Array => Uint8Array.from(Buffer.from(characters, 'latin1'));

/** The first block of a vector, up to its checksum byte, and its labels as a reader sees them. */
function blockOf(name: string) {
  const stream = bytesOf(vectorsOf('vedirect-text').find((vector) => vector.name === name)?.bytes ?? '');
  const characters = Buffer.from(stream).toString('latin1');
  const end = characters.indexOf('Checksum\t') + 'Checksum\t'.length + 1;
  const lines = characters
    .slice(0, end)
    .replace(/:[0-9A-F]+\n/g, '')
    .split('\r\n')
    .slice(1, -1);
  const labels = lines
    .map((line) => line.split('\t') as [string, string])
    .filter(([label]) => label !== 'Checksum');
  return { stream, frame: stream.subarray(0, end), answer: new Map(labels) };
}

describe('a block is found however it comes', () => {
  test.each([
    'bmv700_main_and_history_block',
    'bmv700_checksum_byte_is_colon',
    'orion_xs_checksum_byte_is_cr',
    'smartsolar_150_70_rev2_record_split_over_two_blocks',
    'bmv712_main_block',
    'phoenix_inverter_12_800',
  ])('%s', (name) => {
    const { frame, answer } = blockOf(name);
    expectFraming({
      take: takeBlock,
      frame,
      answer,
      foreign: text(':A0102000543\n:154\n'),
      noise: text('\r\nV\t12\n'),
    });
  });

  test('a HEX frame between any two of its bytes changes nothing', () => {
    const { frame, answer } = blockOf('bmv712_main_block');
    const hexFrame = text(':A0102000543\n');
    for (let at = 0; at < frame.length; at++) {
      const received = joinChunks([frame.subarray(0, at), hexFrame, frame.subarray(at)]);
      // Between the tab and the checksum byte the colon is the checksum byte.
      const expected = at === frame.length - 1 ? [] : [answer];
      expect(answersOf(takeBlock, received), `at byte ${at}`).toEqual(expected);
    }
  });

  test('two blocks that lost what was between them are none, although they sum to 0', () => {
    const merged = formatBlock([
      ...([
        ['PID', '0xA053'],
        ['V', '12000'],
        ['I', '100'],
      ] as const),
      ...([
        ['PID', '0xA053'],
        ['V', '13000'],
        ['PPV', '20'],
      ] as const),
    ]);
    const sound = formatBlock([['V', '12800']]);
    const { answer, damaged } = takeOrSkip(takeBlock, joinChunks([merged, sound]));
    expect(damaged).toEqual([expect.stringContaining('has a label twice')]);
    expect(answer).toEqual(new Map([['V', '12800']]));
  });

  test('whole and damaged blocks of every recording are counted', () => {
    for (const { name, bytes, blocks, damaged } of vectorsOf('vedirect-text')) {
      let whole = 0;
      let broken = 0;
      for (let rest = bytesOf(bytes ?? ''); ; whole++) {
        const taken = takeOrSkip(takeBlock, rest);
        broken += taken.damaged.length;
        if (taken.answer === undefined) break;
        rest = taken.rest;
      }
      expect({ name, blocks: whole, damaged: broken }).toEqual({ name, blocks, damaged });
    }
  });
});

describe('bounds', () => {
  test('a stream without an end of block is given up after a while', () => {
    const { answer, damaged, rest } = takeOrSkip(takeBlock, new Uint8Array(blockBytesMax + 10).fill(0x41));
    expect({ answer, damaged: damaged.length, rest: rest.length }).toEqual({
      answer: undefined,
      damaged: 1,
      rest: 10,
    });
  });

  test('a HEX frame without an end is given up after a while', () => {
    const block = formatBlock([['V', '12000']]);
    const received = joinChunks([text(`:${'A'.repeat(149)}`), block]);
    expect(answersOf(takeBlock, received)).toEqual([new Map([['V', '12000']])]);
  });
});

test('a formatted block is taken with the same labels', () => {
  const word = fc.string({ unit: fc.constantFrom(...'ABCHXYZ019#_ -'), minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.dictionary(word, word), (labels) => {
      const block = formatBlock(Object.entries(labels));
      expect(block.reduce((sum, byte) => sum + byte, 0) % 256).toBe(0);
      expect(takeBlock(block)).toEqual({ used: block.length, answer: new Map(Object.entries(labels)) });
    }),
  );
});

describe('a port that is listened to', () => {
  const main = { PID: '0xA389', V: '12800', I: '-1000', SOC: '800', TTG: '600', MON: '0' };
  const history = { H1: '-50000', H7: '11000' };
  const block = (labels: { readonly [label: string]: string }) => formatBlock(Object.entries(labels));

  test('both blocks of a battery monitor are one reading', () => {
    const port = listen();
    port.push(block(main), 0);
    expect(port.isWhole()).toBe(false);
    const [reading] = port.push(block(history), 1000);
    expect(reading).toMatchObject({
      record: 'battery_monitor',
      kind: 'battery',
      model: 'SmartShunt 500A/50mV',
      values: { battery_voltage: 12.8, battery_discharge_deepest: 50 },
    });
    port.push(block({ ...main, V: '12900' }), 2000);
    expect(port.isWhole()).toBe(true);
    expect(port.current(2500)).toMatchObject({
      timeMs: 2000,
      values: { battery_voltage: 12.9, battery_discharge_deepest: 50, time_to_go: 36_000 },
    });
  });

  test('chunks of any size give what the whole stream gives', () => {
    const stream = joinChunks([
      block(main),
      text(':A0102000543\n'),
      block(history),
      block({ ...main, V: '12900' }),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const port = listen();
        const heard = edges
          .slice(1)
          .flatMap((end, index) => port.push(stream.subarray(edges[index], end), 0));
        expect(heard).toEqual(listen().push(stream, 0));
        expect(heard).toHaveLength(3);
      }),
    );
  });

  test('a label that is not heard any more is left out, and in the end there is no reading', () => {
    const port = listen();
    port.push(block(main), 0);
    port.push(block(history), 1000);
    expect(port.current(labelAgeMaxMs)?.values).toHaveProperty('battery_voltage', 12.8);
    const later = port.current(labelAgeMaxMs + 1);
    expect(later).toMatchObject({ timeMs: 1000, record: 'battery_monitor' });
    expect(later?.values).toEqual({ battery_discharge_deepest: 50, battery_voltage_min: 11 });
    expect(port.current(1000 + labelAgeMaxMs + 1)).toBeUndefined();
  });

  test('a history block alone tells no record when it may be a DC meter', () => {
    const port = listen();
    expect(port.push(block({ H1: '---', H17: '100' }), 0)).toEqual([]);
    port.push(block({ ...main, SOC: '---', MON: '-1' }), 1000);
    expect(port.current(1000)).toMatchObject({
      kind: 'dc_meter',
      values: { dc_energy_produced_total: 1000, meter_type: 'generic_source' },
    });
  });

  test('another device on the port starts anew', () => {
    const port = listen();
    port.push(block({ ...main, ...history }), 0);
    port.push(block({ PID: '0xA38A', V: '13000', I: '100', MON: '0' }), 1000);
    expect(port.current(1000)).toMatchObject({ model: 'SmartShunt 1000A/50mV' });
    expect(port.current(1000)?.values).toEqual({
      product_code: '0xA38A',
      meter_type: 'battery_monitor',
      battery_voltage: 13,
      battery_current: 0.1,
      battery_power: 1.3,
    });
    expect(port.isWhole()).toBe(false);
  });

  test('a damaged block is reported and gives nothing', () => {
    const port = listen();
    const damaged = block(main);
    damaged[5] = (damaged[5] ?? 0) ^ 1;
    const [report] = port.push(damaged, 0);
    expect(report).toEqual({
      corrupt: expect.stringMatching(/^a VE\.Direct block .*: V I SOC TTG MON$/),
    });
    expect(port.current(0)).toBeUndefined();
  });

  test('a label without a name is counted with its last text', () => {
    const port = listen();
    port.push(block({ ...main, NEW: '1', CAP_BLE: '0x1' }), 0);
    port.push(block({ ...main, NEW: '2' }), 1000);
    expect(port.unknown()).toEqual(new Map([['NEW', { text: '2', count: 2 }]]));
    expect(port.current(1000)?.values).not.toHaveProperty('NEW');
  });
});

test('three dashes are not known, in numbers and in texts', () => {
  const labels = { PID: '0xA053', V: '---', 'SER#': '---', CS: '---', OR: '---', LOAD: '---', FW: '159' };
  const [reading] = readStream(formatBlock(Object.entries(labels))).readings;
  expect(reading?.values).toEqual({
    product_code: '0xA053',
    firmware_version: '1.59',
    serial_number: null,
    battery_voltage: null,
    charge_state: null,
    off_reasons: null,
    load_on: null,
  });
});

test('a label that comes again begins the next reading of a recording', () => {
  const blocks = [{ PID: '0xA053', V: '13000' }, { V: '13100' }, { I: '100' }, { V: '13200' }];
  const { readings } = readStream(joinChunks(blocks.map((labels) => formatBlock(Object.entries(labels)))));
  expect(
    readings.map(({ record, values }) => [record, values['battery_voltage'], values['battery_current']]),
  ).toEqual([
    ['solar_charger', 13, undefined],
    ['solar_charger', 13.1, 0.1],
    ['solar_charger', 13.2, undefined],
  ]);
});
