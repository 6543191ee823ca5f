// Every register of VE.Direct HEX, with random values and with the one that means nothing is known, against the vendor's
// table: type, step and unit. The vocabulary says which field it is. Nothing of src is used to say what is expected.

import { expect, test } from 'vitest';
import { decodeRequest } from '../src/decode.ts';
import { randomOf } from './random.ts';
import { type Mapping, vocabulary } from './vocabulary.ts';

/** Register, type, what one step is worth; a part of a register by its first byte. */
const registers = `
  0x0120 u32 1 · 0x0200 u8 code · 0x0201 u8 code · 0x0205 u8 bits · 0x0207 u32 bits · 0xEDDA u8 code · 0xEDD5 u16 0.01 · 0xEDD7 u16 0.1
  0xED8D s16 0.01 · 0xED8F s16 0.1 · 0xEDDB s16 0.01 · 0xEDEC u16 0.01 · 0xEDDC u32 0.01 · 0xEDDD u32 0.01 · 0xEDD3 u16 0.01
  0xEDD1 u16 0.01 · 0xEDD2 u16 1 · 0xEDD0 u16 1 · 0xEDBC u32 0.01 · 0xEDBB u16 0.01 · 0xEDBD u16 0.1 · 0xEDB3 u8 code
  0xECCC u32 0.01 · 0xECCB u16 0.01 · 0xECCD u16 0.1 · 0xECC3 u8 code · 0xECDC u32 0.01 · 0xECDB u16 0.01 · 0xECDD u16 0.1
  0xECD3 u8 code · 0xECEC u32 0.01 · 0xECEB u16 0.01 · 0xECED u16 0.1 · 0xECE3 u8 code · 0xECFC u32 0.01 · 0xECFB u16 0.01
  0xECFD u16 0.1 · 0xECF3 u8 code · 0xEDAD u16 0.1 · 0xEDA8 u8 code · 0xEDA9 u16 0.01 · 0xED91 u8 bits
  0xEDF0 u16 0.1 · 0xEDF7 u16 0.01 · 0xEDF6 u16 0.01 · 0xEDF4 u16 0.01 · 0xEDEF u8 1 · 0xEDF1 u8 code
  0x104F.6 u32 0.01 · 0x104F.10 u32 0.01 · 0x104F.14 u16 0.01 · 0x104F.16 u16 0.01 · 0x104F.19 u16 0.01
  0x1050.1 u32 0.01 · 0x1050.5 u32 0.01 · 0x1050.9 u16 0.01 · 0x1050.11 u16 0.01 · 0x1050.24 u32 1 · 0x1050.28 u16 0.1
  0x1050.30 u16 0.01 · 0x1050.32 u16 1 · 0x200A s32 0.001 · 0x2009 u8 code · 0xED8C s32 0.001 · 0xED8E s16 1 · 0xED7D s16 0.01
  0xEEFF s32 0.1 · 0x0FFF u16 0.01 · 0x0FFE u16 1 · 0x0382 u16 0.01 · 0x0383 s16 0.1 · 0xEEB6 u8 bool · 0xEEB8 s16 code
  0xEEF8 u8 code · 0x031E u16 bits · 0x031C u16 bits · 0x034E u8 bool · 0x0300 s32 0.1 · 0x0301 s32 0.1 · 0x0302 s32 0.1
  0x0305 s32 0.1 · 0x0303 u32 1 · 0x0304 u32 1 · 0x0309 u32 1 · 0x030A u32 1 · 0x030B u32 1 · 0x0306 s32 0.01 · 0x0307 s32 0.01
  0x030E s32 0.01 · 0x030F s32 0.01 · 0x0308 u32 1 · 0x0310 u32 0.01 · 0x0311 u32 0.01 · 0x1000 u16 1
  0x2200 s16 0.01 · 0x2201 s16 0.1 · 0x2205 s32 1 · 0x1040 u32 1 · 0x1041 u32 0.01 · 0x2202 u8 1 · 0x2203 s16 1`;

const sheet = new Map(
  registers
    .split(/[·\n]/)
    .map((row) => row.trim().split(' '))
    .filter(([register]) => register)
    .map(([register = '', type = '', step = '']) => [
      register,
      { isSigned: type.startsWith('s'), bytes: Number(type.slice(1)) / 8, step },
    ]),
);

/** Texts, and what the vectors and the conversation show. */
const aside = ['0x0100', '0x010A', '0x010B', '0x0102'];

const cases = Object.entries(vocabulary.families['vedirect-hex'] ?? {}).flatMap(([record, mappings]) =>
  Object.entries(mappings)
    .filter(([register]) => !aside.includes(register))
    .map(([register, mapping]) => ({ record, register, mapping })),
);

const littleEndian = (raw: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, index) => Math.floor(raw / 256 ** index) % 256);

/** An answer to a get, its check byte found by trying. */
function answerWith(register: string, value: readonly number[]): string {
  const [id = '', offset] = register.split('.');
  const at = Number(offset ?? 0);
  const whole =
    offset === undefined
      ? value
      : [...new Array(at).fill(0), ...value, ...new Array(34 - at - value.length).fill(0)];
  const bytes = [...littleEndian(Number(id), 2), 0, ...whole];
  const check = Array.from({ length: 256 }, (_, byte) => byte).find(
    (byte) => [7, ...bytes, byte].reduce((sum, each) => sum + each, 0) % 256 === 0x55,
  );
  const digits = [...bytes, check ?? 0].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return Buffer.from(`:7${digits.toUpperCase()}\n`).toString('hex');
}

function decode(
  record: string,
  register: string,
  value: readonly number[],
): { readonly [field: string]: unknown } {
  const answer = decodeRequest({ definition: 'vedirect-hex', record, bytes: answerWith(register, value) });
  expect(answer).toHaveProperty('values');
  return 'values' in answer ? answer.values : {};
}

function expected(raw: number, step: string, mapping: Mapping & { readonly offset?: number }): unknown {
  const { map, bits, factor = 1, offset = 0 } = mapping;
  if (bits !== undefined)
    return Object.entries(vocabulary.maps[bits] ?? {})
      .sort(([a], [b]) => Number(a) - Number(b))
      .filter(([bit]) => Math.floor(raw / 2 ** Number(bit)) % 2 === 1)
      .map(([, name]) => name.split('.')[1]);
  if (step === 'bool') return raw !== 0;
  if (step === 'code') return vocabulary.maps[map ?? '']?.[String(raw)] ?? `unknown_${raw}`;
  return Number((raw * Number(step) * factor + offset).toFixed(4)) + 0;
}

const fieldOf = ({ field, bits }: Mapping): string =>
  field ?? Object.values(vocabulary.maps[bits ?? ''] ?? {})[0]?.split('.')[0] ?? '';

test.each(cases)('$record $register', ({ record, register, mapping }) => {
  const random = randomOf(Number.parseInt(register.slice(2, 6), 16));
  const row = sheet.get(register);
  if (row === undefined) throw new Error(`${register} is not in the table`);
  const { isSigned, bytes, step } = row;
  const full = 256 ** bytes;
  const nothing = isSigned ? full / 2 - 1 : full - 1;
  const name = fieldOf(mapping);
  expect(decode(record, register, littleEndian(nothing, bytes))[name]).toBeNull();
  const edges = [0, 1, full / 2, full - 2, ...(isSigned ? [full - 1] : [])];
  for (const raw of [...edges, ...Array.from({ length: 100 }, () => Math.floor(random.fraction() * full))]) {
    if (raw === nothing) continue;
    // A mask with nameless bits shows them by their number: only the named ones are in the table.
    const named = mapping.bits === undefined ? raw : raw & namedBits(mapping.bits);
    const value = isSigned && raw >= full / 2 ? raw - full : raw;
    const got = decode(record, register, littleEndian(mapping.bits === undefined ? raw : named, bytes))[name];
    expect(got, `${register} ${raw}`).toEqual(
      expected(mapping.bits === undefined ? value : named, step, mapping),
    );
  }
});

const namedBits = (bits: string): number =>
  Object.keys(vocabulary.maps[bits] ?? {}).reduce((mask, bit) => mask + 2 ** Number(bit), 0);
