// Random payloads of every record through the whole way of decoding, against a decoder written from the sheet alone.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRequest } from '../src/decode.ts';
import type { Values } from '../src/field.ts';
import { bytesOf, hexOf } from './vectors.ts';
import { victronFrame } from './victron-frame.ts';
import { naturalBytes } from './victron-layout.ts';
import { decodeBySheet, sheetRecords, unusedBitsOf } from './victron-sheet.ts';

/** Bytes at the ends of their range are common: there the sentinels are. */
const payloadByte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x00, 0x7f, 0x80, 0xfe, 0xff));

const payloadOf = (record: string) => {
  const natural = naturalBytes[record] ?? 0;
  const bytes = (length: number) => fc.array(payloadByte, { minLength: length, maxLength: length });
  return fc
    .oneof({ weight: 4, arbitrary: bytes(natural) }, fc.integer({ min: 0, max: 40 }).chain(bytes))
    .map((list) => Uint8Array.from(list));
};

const key = fc.uint8Array({ minLength: 16, maxLength: 16 });
const nonce = fc.integer({ min: 1, max: 0xffff });

function decode(record: string, payload: Uint8Array, secret: Uint8Array, nonce: number) {
  const frame = victronFrame(Number(record), payload, { key: secret, nonce });
  return decodeRequest({ definition: 'victron-ble', bytes: hexOf(frame), secret: hexOf(secret) });
}

/** Without what is computed: `battery_power` where it is not sent, and the extremes of the cells. */
function sent(values: Values, expected: { readonly [field: string]: unknown }): Values {
  return Object.fromEntries(Object.entries(values).filter(([field]) => field in expected));
}

describe.each(sheetRecords)('record %s', (record) => {
  test('decodes every payload as the sheet says', () => {
    const unused = unusedBitsOf(record);
    const lastByte = (naturalBytes[record] ?? 0) - 1;
    fc.assert(
      fc.property(payloadOf(record), key, nonce, (payload, secret, count) => {
        const last = payload[lastByte];
        if (last !== undefined) payload[lastByte] = last | unused;
        const answer = decode(record, payload, secret, count);
        const values = 'values' in answer ? answer.values : {};
        const expected = decodeBySheet(record, payload);
        if (!isDeepStrictEqual(sent(values, expected), expected))
          expect({ payload: hexOf(payload), values: sent(values, expected) }).toEqual({
            payload: hexOf(payload),
            values: expected,
          });
        expectComputed(values, expected);
      }),
      { numRuns: 1500 },
    );
  });
});

/** What is not sent is made from what is, and only then known. */
function expectComputed(values: Values, expected: { readonly [field: string]: unknown }): void {
  const { battery_voltage: voltage, battery_current: current } = expected;
  if (voltage !== undefined && current !== undefined && !('battery_power' in expected)) {
    const known = typeof voltage === 'number' && typeof current === 'number';
    expect(values['battery_power']).toBe(known ? Number((voltage * current).toFixed(5)) + 0 : null);
  }
  if (!('cell_voltage_1' in expected)) return;
  const cells = [1, 2, 3, 4, 5, 6, 7, 8]
    .map((cell) => expected[`cell_voltage_${cell}`])
    .filter((voltage) => typeof voltage === 'number');
  const none = (list: string) => isDeepStrictEqual(expected[list], []) && cells.length > 0;
  const lowest = none('cells_under_range') ? Math.min(...cells) : null;
  const highest = none('cells_over_range') ? Math.max(...cells) : null;
  expect(values['cell_voltage_min']).toBe(lowest);
  expect(values['cell_voltage_max']).toBe(highest);
  const difference = lowest === null || highest === null ? null : Number((highest - lowest).toFixed(3));
  expect(values['cell_voltage_difference']).toBe(difference);
}

const encrypted = sheetRecords.filter((record) => record !== '0xFF01');

test.each(encrypted.filter((record) => unusedBitsOf(record) !== 0))(
  'record %s of its natural length is damaged when an unused bit is 0',
  (record) => {
    const natural = naturalBytes[record] ?? 0;
    const unused = unusedBitsOf(record);
    for (let bit = 0; bit < 8; bit++) {
      if ((unused & (1 << bit)) === 0) continue;
      const payload = new Uint8Array(natural).fill(0xff);
      payload[natural - 1] = 0xff & ~(1 << bit);
      expect(decode(record, payload, bytesOf('00'.repeat(16)), 1)).toMatchObject({
        error: { code: 'corrupt' },
      });
      const longer = Uint8Array.of(...payload, 0);
      expect(decode(record, longer, bytesOf('00'.repeat(16)), 1)).toMatchObject({ record });
    }
  },
);
