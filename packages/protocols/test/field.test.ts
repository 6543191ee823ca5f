// One way from a raw value to a value; the order of its steps is what the sheets demand.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RecordDefinition } from '../src/device.ts';
import { counter, decodeField, flag, flags, gauge, info, state } from '../src/field.ts';
import { decodeRecord } from '../src/record.ts';
import { bitsOf, i16le, ibits, only, pairs, u8, u16le, u32le, ubits, type Where } from '../src/where.ts';

const payload = (...bytes: number[]) => Uint8Array.from(bytes);

describe('a number', () => {
  test('has exactly the decimals of its scale', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), (raw) => {
        const bytes = payload(raw & 0xff, raw >> 8);
        expect(decodeField(gauge(u16le(0), { scale: 0.01 }), bytes)).toBe(Number((raw / 100).toFixed(2)));
        const celsius = gauge(u16le(0), { scale: 0.01, offset: -273.15 });
        expect(decodeField(celsius, bytes)).toBe(Number((raw / 100 - 273.15).toFixed(2)));
      }),
    );
  });

  test('of zero is never minus zero', () => {
    expect(decodeField(gauge(u8(0), { scale: -0.001 }), payload(0))).toBe(0);
  });

  test('is compared with its sentinel before the sign', () => {
    const current = gauge(ibits(0, 12), { na: [0x7ff, 0xfff] });
    expect(decodeField(current, payload(0xff, 0x0f))).toBeNull();
    expect(decodeField(current, payload(0xfe, 0x0f))).toBe(-2);
    expect(decodeField(gauge(i16le(0), { na: 0x7fff }), payload(0x00, 0x80))).toBe(-32_768);
  });

  test('that is no straight line of its raw is converted', () => {
    const steps = counter(u8(0), { unit: 's', convert: (raw) => (raw < 10 ? raw : null) });
    expect([9, 10].map((raw) => decodeField(steps, payload(raw)))).toEqual([9, null]);
  });

  test('of 32 bits is never negative', () => {
    expect(decodeField(gauge(u32le(0), {}), payload(0xff, 0xff, 0xff, 0xff))).toBe(0xffff_ffff);
    expect(decodeField(gauge(ubits(3, 32), {}), payload(0xf8, 0xff, 0xff, 0xff, 0x07))).toBe(0xffff_ffff);
  });
});

describe('a word', () => {
  test('is that of the code, and the code itself where it has none', () => {
    const mode = state(u8(0), { 0: 'off', 1: 'on' }, { na: 0xff });
    expect([0, 1, 23, 0xff].map((raw) => decodeField(mode, payload(raw)))).toEqual([
      'off',
      'on',
      'unknown_23',
      null,
    ]);
  });

  test('of a negative code is found after the sign', () => {
    const meter = state(i16le(0), { [-1]: 'source' });
    expect(decodeField(meter, payload(0xff, 0xff))).toBe('source');
    expect(decodeField(meter, payload(0xf5, 0xff))).toBe('unknown_-11');
  });
});

describe('flags', () => {
  const names = { 0: 'low', 1: 'high', 2: 'high', 31: 'last' };

  test('are the names of the set bits, each once, lowest first', () => {
    expect(decodeField(flags(u32le(0), names), payload(0x07, 0, 0, 0x80))).toEqual(['low', 'high', 'last']);
    expect(decodeField(flags(u32le(0), names), payload(0, 0, 0, 0))).toEqual([]);
  });

  test('without a name are told by their number, or left out of a mask that several fields share', () => {
    expect(decodeField(flags(u8(0), names), payload(0x09))).toEqual(['low', 'unknown_3']);
    expect(decodeField(flags(u8(0), names, { unknown: 'left out' }), payload(0x09))).toEqual(['low']);
  });

  test('of a mask that the payload cuts are not known, not even those that are there', () => {
    const mask = u16le(0);
    expect(decodeField(flags(mask, names), payload(0xff))).toBeNull();
    expect(decodeField(flag(bitsOf(mask, 0)), payload(0xff))).toBeNull();
    expect(decodeField(flag(bitsOf(mask, 9)), payload(0x00, 0x02))).toBe(true);
  });

  test('in pairs are those with the code; all pairs 0 says nothing', () => {
    const warnings = flags(pairs(0, 4, 2), { 0: 'first', 6: 'last' });
    expect(decodeField(warnings, payload(0b10_01_11_10))).toEqual(['first', 'last']);
    expect(decodeField(warnings, payload(0b01_01_01_01))).toEqual([]);
    expect(decodeField(warnings, payload(0))).toBeNull();
  });
});

test('a flag is every raw but 0, or the one that means yes', () => {
  expect([0, 1, 2].map((raw) => decodeField(flag(u8(0)), payload(raw)))).toEqual([false, true, true]);
  const on = flag(u8(0), { na: 0, on: 1 });
  expect([0, 1, 2].map((raw) => decodeField(on, payload(raw)))).toEqual([null, true, false]);
});

test('a text is what the device sends, converted if asked', () => {
  const where: Where<string, string | undefined> = { text: 'all', read: (text) => text || undefined };
  expect(decodeField(info(where), 'HQ1')).toBe('HQ1');
  expect(decodeField(info(where, { convert: (text) => text.toLowerCase() }), 'HQ1')).toBe('hq1');
  expect(decodeField(info(where), '')).toBeNull();
});

test('a record leaves out what the device does not have, and computes from what it does', () => {
  const record: RecordDefinition<Uint8Array> = {
    kind: 'other',
    about: 'test',
    fields: {
      battery_voltage: gauge(u8(0), { unit: 'V' }),
      state_of_charge: gauge(
        only(u8(1), (bytes) => bytes[0] === 1, 'the first byte is 1'),
        { unit: '%' },
      ),
    },
    computed: [
      { field: 'battery_power', kind: 'gauge', unit: 'W', from: ({ state_of_charge: charge }) => charge },
    ],
  };
  expect(decodeRecord(record, payload(1, 50))).toEqual({
    battery_voltage: 1,
    state_of_charge: 50,
    battery_power: 50,
  });
  expect(decodeRecord(record, payload(2, 50))).toEqual({ battery_voltage: 2 });
  expect(decodeRecord(record, payload())).toEqual({ battery_voltage: null });
});
