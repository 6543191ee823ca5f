// Victron Instant Readout: the outer frame of an advertisement and its encryption.
//
//   0     0x10, product advertisement       4     record type; 0xFF: second type byte at 7, not encrypted
//   1     varies, never checked             5-6   nonce, u16 le
//   2-3   product id, u16 le                7     byte 0 of the key, in clear
//   8...  record, AES-128-CTR, counter block = nonce, then 14 zero bytes
//
// Victron, "Extra Manufacturer Data", 2022-12-14; victronenergy/dbus-ble-sensors src/victron.c.

import { ProtocolError } from '../session.ts';
import { type AesSchedule, aesBlockBytes, encryptAesBlock, expandAesKey } from './aes128.ts';

export const victronCompany = 0x02e1;
export const victronKeyBytes = 16;

const headerBytes = 8;

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

// Round keys by key, kept: expanding a key costs more than a block.
const schedules = new WeakMap<Uint8Array, AesSchedule>();

function scheduleOf(key: Uint8Array): AesSchedule {
  let schedule = schedules.get(key);
  if (schedule === undefined) {
    schedule = expandAesKey(key);
    schedules.set(key, schedule);
  }
  return schedule;
}

/**
 * Decrypts exactly the bytes that are there; nothing is padded, so no field is read out of key stream.
 *
 * @param key 16 bytes, not changed afterwards.
 * @throws ProtocolError `key` when the frame was made with another key.
 */
export function decryptVictron(frame: VictronFrame, key: Uint8Array): Uint8Array {
  const { body, nonce, keyByte } = frame;
  if (keyByte !== key[0]) throw new ProtocolError('key', keyMismatch(key[0], keyByte));
  const schedule = scheduleOf(key);
  const plain = new Uint8Array(body.length);
  for (let start = 0; start < body.length; start += aesBlockBytes) {
    // As big-endian words: the nonce, low byte first, then 14 bytes that count the blocks.
    const stream = encryptAesBlock(
      schedule,
      ((nonce & 0xff) << 24) | ((nonce >> 8) << 16),
      0,
      0,
      start / aesBlockBytes,
    );
    const end = Math.min(start + aesBlockBytes, body.length);
    for (let index = start; index < end; index++)
      plain[index] =
        (body[index] as number) ^ ((stream[(index >> 2) & 3] as number) >>> (24 - 8 * (index & 3)));
  }
  return plain;
}

function keyMismatch(configured: number | undefined, used: number): string {
  const hex = (byte = 0) => byte.toString(16).padStart(2, '0');
  return (
    `the key begins with ${hex(configured)}, the device uses one that begins with ${hex(used)}: ` +
    'compare it in VictronConnect, Settings, Product info (changing the Bluetooth PIN makes a new key)'
  );
}
