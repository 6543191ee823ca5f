// Makes the frame a Victron device would send for a payload; the counterpart of framing/victron.ts, through another
// cipher mode of node:crypto.

import { createCipheriv } from 'node:crypto';

export const testKey = Uint8Array.from({ length: 16 }, (_, index) => 0x5a + index);

/** `type` 0x01 …, or 0xFF01 for the record that is not encrypted. */
export function victronFrame(
  type: number,
  payload: Uint8Array,
  options: { readonly nonce?: number; readonly product?: number; readonly key?: Uint8Array } = {},
): Uint8Array {
  const { nonce = 0x1234, product = 0xa053, key = testKey } = options;
  const plain = type >= 0xff00;
  const counter = new Uint8Array(16);
  counter[0] = nonce & 0xff;
  counter[1] = nonce >> 8;
  const body = plain ? payload : createCipheriv('aes-128-ctr', key, counter).update(payload);
  const typeByte = plain ? 0xff : type;
  const keyByte = plain ? type & 0xff : (key[0] as number);
  return Uint8Array.of(
    ...[0x10, 0x02, product & 0xff, product >> 8, typeByte, nonce & 0xff, nonce >> 8, keyByte],
    ...body,
  );
}
