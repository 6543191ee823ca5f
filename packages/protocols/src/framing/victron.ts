// Victron Instant Readout: the outer frame of an advertisement and its encryption.
//
//   0     0x10, product advertisement       4     record type; 0xFF: second type byte at 7, not encrypted
//   1     varies, never checked             5-6   nonce, u16 le
//   2-3   product id, u16 le                7     byte 0 of the key, in clear
//   8...  record, AES-128-CTR, counter block = nonce, then 14 zero bytes
//
// Victron, "Extra Manufacturer Data", 2022-12-14; victronenergy/dbus-ble-sensors src/victron.c.

import { type Cipheriv, createCipheriv } from 'node:crypto';
import { ProtocolError } from '../session.ts';

export const victronCompany = 0x02e1;
export const victronKeyBytes = 16;

const headerBytes = 8;
const blockBytes = 16;

export interface VictronFrame {
  readonly productId: number;
  /** 0x01 …, or 0xFF01 for the unencrypted second type 01. */
  readonly recordType: number;
  readonly nonce: number;
  readonly keyByte: number;
  /** As sent: encrypted unless the record type is above 0xFF00. */
  readonly body: Uint8Array;
}

/** `undefined`: no Instant Readout (too short, or VE.Smart Networking and other frames of the same company). */
export function parseVictronFrame(data: Uint8Array): VictronFrame | undefined {
  if (data.length < headerBytes || data[0] !== 0x10) return undefined;
  const type = data[4] as number;
  const keyByte = data[7] as number;
  return {
    productId: (data[2] as number) | ((data[3] as number) << 8),
    recordType: type === 0xff ? 0xff00 | keyByte : type,
    nonce: (data[5] as number) | ((data[6] as number) << 8),
    keyByte,
    body: data.subarray(headerBytes),
  };
}

export const isEncrypted = (frame: VictronFrame): boolean => frame.recordType < 0xff00;

/** AES of zeros under the all-zero key: a dongle that has no key and no data yet. */
const emptyBody = Uint8Array.of(0x66, 0xe9, 0x4b, 0xd4, 0xef, 0x8a, 0x2c, 0x3b);

export function isWithoutKeyYet(frame: VictronFrame): boolean {
  return (
    frame.nonce === 0 &&
    frame.keyByte === 0 &&
    frame.body.length >= emptyBody.length &&
    emptyBody.every((byte, index) => frame.body[index] === byte)
  );
}

// One cipher a key, kept: expanding a key costs more than the block. Bounded, because keys come from outside in `decode`.
const ciphers = new Map<string, Cipheriv>();
const ciphersMax = 256;

function cipherOf(key: Uint8Array): Cipheriv {
  const id = String.fromCharCode(...key);
  const known = ciphers.get(id);
  if (known !== undefined) return known;
  if (ciphers.size >= ciphersMax) ciphers.clear();
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  ciphers.set(id, cipher);
  return cipher;
}

/**
 * Decrypts exactly the bytes that are there; nothing is padded, so no field is read out of key stream.
 *
 * @throws ProtocolError `key` when the frame was made with another key.
 */
export function decryptVictron(frame: VictronFrame, key: Uint8Array): Uint8Array {
  if (frame.keyByte !== key[0]) {
    const hex = (byte: number | undefined) => (byte ?? 0).toString(16).padStart(2, '0');
    throw new ProtocolError(
      'key',
      `the key begins with ${hex(key[0])}, the device uses one that begins with ${hex(frame.keyByte)}: ` +
        'compare it in VictronConnect, Settings, Product info (changing the Bluetooth PIN makes a new key)',
    );
  }
  const { body, nonce } = frame;
  const cipher = cipherOf(key);
  const plain = new Uint8Array(body.length);
  const block = Buffer.alloc(blockBytes);
  block[0] = nonce & 0xff;
  block[1] = nonce >> 8;
  for (let start = 0; start < body.length; start += blockBytes) {
    block[blockBytes - 1] = start / blockBytes;
    const stream = cipher.update(block);
    const end = Math.min(start + blockBytes, body.length);
    for (let index = start; index < end; index++)
      plain[index] = (body[index] as number) ^ (stream[index - start] as number);
  }
  return plain;
}
