import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encryptAesBlock, expandAesKey } from '../src/framing/aes128.ts';
import { bytesOf, hexOf } from './vectors.ts';

function encrypted(key: Uint8Array, block: Uint8Array): string {
  const [a = 0, b = 0, c = 0, d = 0] = [0, 4, 8, 12].map((at) => Buffer.from(block).readUInt32BE(at));
  const words = encryptAesBlock(expandAesKey(key), a, b, c, d);
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('');
}

test('the example of FIPS 197, appendix C.1', () => {
  const key = bytesOf('000102030405060708090a0b0c0d0e0f');
  const block = bytesOf('00112233445566778899aabbccddeeff');
  expect(encrypted(key, block)).toBe('69c4e0d86a7b0430d8cdb78070b4c55a');
});

test('any key and block give what node:crypto gives', () => {
  const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(bytes, bytes, (key, block) => {
      const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
      expect(encrypted(key, block)).toBe(hexOf(cipher.update(block)));
    }),
    { numRuns: 2000 },
  );
});

test('a key of another length is our mistake', () => {
  expect(() => expandAesKey(new Uint8Array(15))).toThrow('16 bytes, not 15');
});
