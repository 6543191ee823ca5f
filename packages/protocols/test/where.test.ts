// Places of devices that are asked: bytes high byte first, Modbus registers, columns of a line, ASCII.

import { describe, expect, test } from 'vitest';
import { counter, decodeField, each, flag, gauge, info } from '../src/field.ts';
import { register, registersAt, signMagnitude } from '../src/registers.ts';
import { joinChunks } from '../src/session.ts';
import {
  asciiText,
  bitsOf,
  column,
  columnDigits,
  columnText,
  i8,
  i16be,
  i32be,
  i32le,
  u16be,
  u24be,
  u32be,
} from '../src/where.ts';
import { randomOf } from './random.ts';
import { bytesOf } from './vectors.ts';

const bytes = bytesOf('0102fffe8000000180');

describe('bytes high byte first', () => {
  test('are read in that order, with and without sign', () => {
    const raws = [u16be(0), u24be(0), u32be(0), u32be(4)].map(({ read }) => read(bytes));
    expect(raws).toEqual([0x0102, 0x0102ff, 0x0102fffe, 0x80000001]);
    expect(decodeField(gauge(i16be(2), {}), bytes)).toBe(-2);
    expect(decodeField(gauge(i32be(4), {}), bytes)).toBe(-0x7fffffff);
    expect(decodeField(gauge(i32le(4), {}), bytes)).toBe(0x01000080);
    expect(decodeField(gauge(i8(8), {}), bytes)).toBe(-128);
  });

  test('beyond the payload are not known', () => {
    expect([u16be(8), u24be(7), u32be(6)].map(({ read }) => read(bytes))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('hold bits that are counted from the lowest of the last byte', () => {
    const payload = bytesOf('00001021');
    const set = (mask: ReturnType<typeof u16be>) =>
      Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => bitsOf(mask, bit).read(payload) === 1);
    expect(set(u16be(2))).toEqual([0, 5, 12]);
    expect(bitsOf(u16be(2), 4, 4).read(payload)).toBe(2);
    expect(bitsOf(u16be(2), 12).read(payload.subarray(0, 3))).toBeUndefined();
    const written = new Uint8Array(4);
    bitsOf(u16be(2), 12).write?.(written, 1);
    bitsOf(u32be(0), 31).write?.(written, 1);
    expect(written).toEqual(bytesOf('80001000'));
  });

  test('hold no bits across two bytes: such a place is refused when it is declared', () => {
    expect(() => bitsOf(u16be(0), 6, 4)).toThrow('beyond a byte');
  });
});

test('registers are found by their address, in whatever stretches they were read', () => {
  const payload = joinChunks([
    registersAt(0x000a, bytesOf('1814')),
    registersAt(0x0101, bytesOf('0064008fff00001b00000003202041420000202080f1')),
  ]);
  expect(register.high(0x000a).read(payload)).toBe(0x18);
  expect(register.u16(0x0101).read(payload)).toBe(100);
  expect(decodeField(gauge(register.i16(0x0103), {}), payload)).toBe(-256);
  expect([register.high(0x0103).read(payload), register.low(0x0104).read(payload)]).toEqual([0xff, 0x1b]);
  expect(register.u32(0x0105).read(payload)).toBe(3);
  expect(register.text(0x0107, 4).read(payload)).toBe('AB');
  expect([15, 14, 0].map((bit) => register.bits(0x010b, bit).read(payload))).toEqual([1, 0, 1]);
  expect(register.bits(0x010b, 4, 4).read(payload)).toBe(0xf);
});

test('a register that was not read is absent, also one of a pair', () => {
  const payload = registersAt(0x0101, bytesOf('00640001'));
  const there = [register.u16(0x0102), register.u16(0x0100), register.u16(0x0103), register.u32(0x0102)];
  expect(there.map(({ present }) => present?.(payload))).toEqual([true, false, false, false]);
  expect(there.map(({ read }) => read(payload))).toEqual([1, undefined, undefined, undefined]);
  const names = [register.u16(0x0102), register.i32(0x0105), register.high(0x0103), register.text(0x0107, 4)];
  expect(names.map(({ text }) => text)).toEqual([
    'register 0102',
    'register 0105 i32',
    'register 0103 high byte',
    'register 0107, 8 ASCII',
  ]);
  expect(register.bits(0x010d, 15).text).toBe('register 010D bit 15');
});

test('a temperature of a byte with a sign of its own', () => {
  expect([0x8f, 0x19, 0x00, 0x80].map(signMagnitude)).toEqual([-15, 25, 0, 0]);
});

test('ASCII is shown without what surrounds it, and never with what a terminal would obey', () => {
  const read = (hex: string, length?: number) => asciiText(0, length).read(bytesOf(hex));
  expect(read('4a42440000')).toBe('JBD');
  expect(read('204a420a1b')).toBe('JB??');
  expect([read('0000'), read(''), read('4a', 2)]).toEqual([undefined, undefined, undefined]);
  expect(decodeField(info(asciiText(2)), bytesOf('0000'))).toBeNull();
});

describe('columns', () => {
  const line = ['230.1', '00500', '-001', '10111', '---', '7A'];

  test('hold decimal numbers, with exactly their digits after scaling', () => {
    expect([0, 1, 2].map((index) => column(index).read(line))).toEqual([230.1, 500, -1]);
    expect(decodeField(counter(column(0), { unit: 'Wh', scale: 1000 }), ['1.001'])).toBe(1001);
    expect(decodeField(gauge(column(0), { scale: 0.01 }), ['0.7'])).toBe(0.007);
  });

  test('that hold something else, or are not there, are not known', () => {
    expect([4, 5, 6].map((index) => column(index).read(line))).toEqual([undefined, undefined, undefined]);
    expect(['1e3', '0x1', ' 1', '1.2.3', ''].map((text) => column(0).read([text]))).toEqual(
      new Array(5).fill(undefined),
    );
  });

  test('hold digits side by side', () => {
    expect(decodeField(flag(columnDigits(3, 1, 1)), line)).toBe(false);
    expect(columnDigits(3, 0, 5, 2).read(line)).toBe(0b10111);
    expect(columnDigits(5, 0, 2, 16).read(line)).toBe(0x7a);
    expect(columnDigits(5, 0, 2).read(line)).toBeUndefined();
    expect(columnDigits(3, 3, 3).read(line)).toBeUndefined();
    expect(columnText(5).read(line)).toBe('7A');
    expect([columnText(5, 1, 1).read(line), columnText(5, 1, 2).read(line)]).toEqual(['A', undefined]);
  });
});

test('parts are numbered by who declares them', () => {
  const fields = each(2, (index) => [`cell_voltage_${index + 1}`, gauge(u16be(2 * index), { unit: 'V' })]);
  expect(Object.keys(fields)).toEqual(['cell_voltage_1', 'cell_voltage_2']);
  expect(decodeField(fields['cell_voltage_2'] ?? gauge(u16be(0), {}), bytes)).toBe(0xfffe);
});

test('a decimal in a column is the number that its text is, to the last digit, and other text is none', () => {
  const { below, pick } = randomOf(7);
  const digits = (most: number) => Array.from({ length: below(most + 1) }, () => below(10)).join('');
  for (let round = 0; round < 20_000; round++) {
    const text = `${pick(['', '+', '-', '--'])}${digits(9)}${pick(['', '.', '..', ','])}${digits(9)}`;
    const isDecimal = /^[+-]?\d+(\.\d*)?$/.test(text);
    expect(column(0).read([text])).toBe(isDecimal ? Number(text) : undefined);
  }
});
