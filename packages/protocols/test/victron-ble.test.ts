// Victron Instant Readout: what is checked before anything is decoded, repeats, and what a frame tells without its key.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Packet } from '../src/device.ts';
import { victronBle } from '../src/devices/victron-ble/index.ts';
import { decryptVictron, parseVictronFrame } from '../src/framing/victron.ts';
import { ProtocolError } from '../src/session.ts';
import { bytesOf, vectorsOf } from './vectors.ts';
import { testKey, victronFrame } from './victron-frame.ts';

const company = 0x02e1;
const { hear } = victronBle;
if (hear === undefined) throw new Error('Instant Readout is heard');

const packetOf = (payload: Uint8Array, source = company): Packet => ({ source, payload });
const solar = bytesOf('04006c050e000300130000fe');
const frameWith = (nonce: number) => packetOf(victronFrame(0x01, solar, { nonce }));

test('the product is named by its id, one that is not in the list by its number', () => {
  for (const { bytes, secret, product, values } of vectorsOf('victron-ble')) {
    if (bytes === undefined || values === undefined || product !== '0xA389') continue;
    const decoded = hear.decode(packetOf(bytesOf(bytes)), secret === undefined ? undefined : bytesOf(secret));
    expect(decoded).toMatchObject({ model: 'SmartShunt 500A/50mV' });
  }
  expect(hear.decode(packetOf(victronFrame(0x01, solar, { product: 0xeeee })), testKey)).toMatchObject({
    model: '0xEEEE',
  });
});

test('another key is told by its first byte, before anything is decoded', () => {
  const key = Uint8Array.from(testKey);
  key[0] = 0;
  expect(() => hear.decode(frameWith(1), key)).toThrow(
    expect.objectContaining({ code: 'key', message: expect.stringContaining('VictronConnect') }),
  );
});

test('of a thousand wrong keys with the right first byte only few are not noticed', () => {
  let unnoticed = 0;
  for (let index = 0; index < 1000; index++) {
    const key = Uint8Array.from(testKey);
    key[1] = index & 0xff;
    key[2] = index >> 8;
    try {
      hear.decode(frameWith(1), key);
      unnoticed++;
    } catch (error) {
      expect(error).toMatchObject({ code: 'corrupt' });
    }
  }
  // Seven unused bits: one in 128.
  expect(unnoticed).toBeLessThan(30);
});

test('without a key an encrypted frame is ignored, an open one decoded', () => {
  expect(hear.decode(frameWith(1), undefined)).toEqual({ ignored: expect.stringContaining('key') });
  const open = victronFrame(0xff01, bytesOf('0000000000ee02e0150034a106092a00'));
  expect(hear.decode(packetOf(open), undefined)).toMatchObject({
    record: '0xFF01',
    values: { irradiance: 850 },
  });
});

test('a dongle that has no key yet does not prove the configured one wrong', () => {
  const frame = bytesOf('100003020200000066e94bd4ef8a2c3b');
  for (const key of [undefined, testKey, new Uint8Array(16)])
    expect(hear.decode(packetOf(frame), key)).toEqual({ ignored: expect.any(String) });
  // With a nonce it is a measurement like any other.
  frame[5] = 1;
  expect(hear.decode(packetOf(frame), new Uint8Array(16))).toMatchObject({ record: '0x02' });
});

test('unknown record types are ignored, whatever the key', () => {
  for (const type of [0x0e, 0x10, 0xfe, 0xff00, 0xff02])
    expect(hear.decode(packetOf(victronFrame(type, solar)), new Uint8Array(16))).toEqual({
      ignored: expect.stringContaining(type.toString(16).toUpperCase()),
    });
});

test('a frame of another company is none of ours', () => {
  expect(hear.decode(packetOf(frameWith(1).payload, 0x004c), testKey)).toEqual({
    ignored: expect.any(String),
  });
  expect(hear.recognise(packetOf(frameWith(1).payload, 0x004c))).toBeUndefined();
});

test('a frame with another first byte is none, even if everything else fits', () => {
  const { payload } = frameWith(1);
  payload[0] = 0x02;
  expect(hear.decode(packetOf(payload), testKey)).toEqual({ ignored: expect.any(String) });
});

test('the second byte is never looked at', () => {
  for (const second of [0x00, 0x02, 0x03, 0x80, 0xff]) {
    const { payload } = frameWith(1);
    payload[1] = second;
    expect(hear.decode(packetOf(payload), testKey)).toMatchObject({ record: '0x01' });
  }
});

test.each([
  ['the same nonce', 1000, 1000, true],
  ['the next', 1001, 1000, false],
  ['one behind', 999, 1000, true],
  ['59 behind', 941, 1000, true],
  ['60 behind: the device has started again', 940, 1000, false],
  ['the next over the end of the counter', 0, 0xffff, false],
  ['behind over the end of the counter', 0xffff, 3, true],
])('%s is a repeat or not', (_, nonce, previous, repeat) => {
  expect(hear.isRepeat(frameWith(nonce), frameWith(previous))).toBe(repeat);
});

test('a frame of another record type, or none at all, is no repeat', () => {
  expect(hear.isRepeat(packetOf(victronFrame(0x02, solar, { nonce: 7 })), frameWith(7))).toBe(false);
  expect(hear.isRepeat(packetOf(Uint8Array.of(0x02)), packetOf(Uint8Array.of(0x02)))).toBe(false);
});

test('a device is recognised without its key', () => {
  const shunt = victronFrame(0x02, solar, { product: 0xa389 });
  expect(hear.recognise(packetOf(shunt))).toEqual({
    record: '0x02',
    kind: 'battery',
    model: 'SmartShunt 500A/50mV',
    needsSecret: true,
  });
  expect(hear.recognise(packetOf(victronFrame(0xff01, solar, { product: 0xc050 })))).toEqual({
    record: '0xFF01',
    kind: 'environment_sensor',
    model: 'SolarSense 750',
    needsSecret: false,
  });
  expect(hear.recognise(packetOf(victronFrame(0x0e, solar)))).toMatchObject({
    record: '0x0E',
    kind: 'other',
  });
  expect(hear.recognise(packetOf(victronFrame(0xff00, solar)))).toMatchObject({ needsSecret: false });
  expect(hear.recognise(packetOf(Uint8Array.of(0x10, 0x02)))).toBeUndefined();
});

test('a body of any length is decrypted as AES in counter mode, not a byte more', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(0xffff), (body, nonce) => {
      const frame = parseVictronFrame(victronFrame(0x01, body, { nonce }));
      expect(frame && decryptVictron(frame, testKey)).toEqual(body);
    }),
  );
});

test('an error is always one of the protocol', () => {
  expect(() => hear.decode(frameWith(1), new Uint8Array(16))).toThrow(ProtocolError);
});
