import { expect, test } from 'vitest';
import { crcModbus, crcXmodem, sum8, sum16 } from '../src/checksum.ts';

const check = new TextEncoder().encode('123456789');

test('checksums have the check values of the catalogue of CRC algorithms', () => {
  expect(crcModbus(check)).toBe(0x4b37);
  expect(crcXmodem(check)).toBe(0x31c3);
});

test('sums keep their low bytes only', () => {
  expect(sum8(check)).toBe(477 & 0xff);
  expect(sum16(check)).toBe(477);
  expect(sum16(new Uint8Array(300).fill(0xff))).toBe((300 * 255) & 0xffff);
});
