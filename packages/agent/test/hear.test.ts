// What a radio hears, in virtual time and with a Victron device's own bytes.

import { familyOf } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { victronFrame } from '../../protocols/test/victron-frame.ts';
import type { Heard, ReadDevice, Trouble } from '../src/reading/device.ts';
import { openEars } from '../src/reading/hear.ts';
import type { HeardPacket } from '../src/transport.ts';
import { startMs, virtualTime } from './virtual-time.ts';

const victron = familyOf('victron-ble');
const key = Uint8Array.from({ length: 16 }, (_, index) => 0x40 + index);
const address = 'FA:AC:27:00:00:01';
const roof: ReadDevice = { name: 'roof', definition: victron, address, secret: key, intervalMs: 10_000 };

/** A solar charger's record with this battery voltage, in 0.01 V, as it stands in the air. */
function solar(hundredths: number, nonce: number, secret = key): Uint8Array {
  const record = new Uint8Array(12).fill(0xff);
  record[0] = 3;
  record[1] = 0;
  new DataView(record.buffer).setInt16(2, hundredths, true);
  return victronFrame(0x01, record, { nonce, key: secret });
}

function air(...devices: readonly ReadDevice[]) {
  const time = virtualTime();
  const readings: { name: string; voltage: unknown; heardMs: number; atMs: number }[] = [];
  const troubles: (Trouble & { name: string })[] = [];
  const strangers: string[] = [];
  const ears = openEars({
    devices,
    uptimeMs: time.nowMs,
    startTimer: time.startTimer,
    reading: ({ name }, { decoded, moment }: Heard) =>
      readings.push({
        name,
        voltage: decoded.values['battery_voltage'],
        heardMs: moment.uptimeMs,
        atMs: time.nowMs(),
      }),
    trouble: ({ name }, trouble) => troubles.push({ name, ...trouble }),
    stranger: (packet) => strangers.push(packet.address),
  });
  return {
    ...{ time, readings, troubles, strangers, ears },
    say(atMs: number, payload: Uint8Array, from = address): void {
      time.advanceTo(atMs);
      const moment = { wallMs: startMs + atMs, uptimeMs: atMs };
      const packet: HeardPacket = { source: 0x02e1, payload, address: from, rssi: -60, moment };
      ears.hear(packet);
    },
  };
}

describe('readings of a device that broadcasts', () => {
  test('a repeat on the air is no new measurement', () => {
    const { say, time, readings } = air({ ...roof, intervalMs: 1000 });
    say(0, solar(1300, 1));
    for (const atMs of [300, 600, 2000, 5000]) say(atMs, solar(1300, 1));
    time.advanceTo(60_000);
    expect(readings).toEqual([{ name: 'roof', voltage: 13, heardMs: 0, atMs: 0 }]);
  });

  test('a damaged packet does not make its sound repeat look old', () => {
    const { say, readings, troubles } = air(roof);
    const damaged = solar(1300, 7);
    // The highest bits of the last byte are not used by the record, and are sent set.
    damaged[19] = (damaged[19] ?? 0) ^ 0x80;
    say(0, damaged);
    expect(troubles).toMatchObject([{ name: 'roof', code: 'corrupt' }]);
    say(300, solar(1300, 7));
    expect(readings).toMatchObject([{ voltage: 13, heardMs: 300 }]);
  });

  test('of each interval the newest goes out, with the time at which it was heard', () => {
    const { say, time, readings } = air(roof);
    for (let index = 0; index <= 22; index++) say(index * 1100, solar(1300 + index, index));
    time.advanceTo(120_000);
    expect(readings).toEqual([
      { name: 'roof', voltage: 13, heardMs: 0, atMs: 0 },
      { name: 'roof', voltage: 13.09, heardMs: 9900, atMs: 10_000 },
      { name: 'roof', voltage: 13.18, heardMs: 19_800, atMs: 20_000 },
      { name: 'roof', voltage: 13.22, heardMs: 24_200, atMs: 30_000 },
    ]);
  });

  test('a radio that is opened again brings no repeat and no reading before its time', () => {
    const { say, time, readings } = air(roof);
    say(0, solar(1300, 1));
    // Lost here, and opened again: the same ears hear on.
    say(2000, solar(1300, 1));
    say(3000, solar(1310, 2));
    time.advanceTo(60_000);
    expect(readings.map(({ voltage, atMs }) => [voltage, atMs])).toEqual([
      [13, 0],
      [13.1, 10_000],
    ]);
  });

  test('devices of one address are served alike, those of others are not mixed in', () => {
    const twin = { ...roof, name: 'twin' };
    const shed = { ...roof, name: 'shed', address: 'FA:AC:27:00:00:02' };
    const { say, readings } = air(roof, twin, shed);
    say(0, solar(1300, 1));
    say(10, solar(2600, 1), shed.address);
    expect(readings.map(({ name, voltage }) => [name, voltage])).toEqual([
      ['roof', 13],
      ['twin', 13],
      ['shed', 26],
    ]);
  });

  test('closing leaves no timer, and what waits does not go out any more', () => {
    const { say, time, ears, readings } = air(roof);
    say(0, solar(1300, 1));
    say(1000, solar(1301, 2));
    ears.close();
    expect(time.pending()).toBe(0);
    time.advanceTo(60_000);
    expect(readings).toHaveLength(1);
  });
});

describe('what is no reading', () => {
  test('a key that does not fit is told once for each packet', () => {
    const { say, readings, troubles } = air({ ...roof, secret: new Uint8Array(16) });
    say(0, solar(1300, 1));
    say(1000, solar(1300, 2));
    expect(readings).toEqual([]);
    expect(troubles.map(({ name, code }) => [name, code])).toEqual([
      ['roof', 'key'],
      ['roof', 'key'],
    ]);
    expect(troubles[0]?.message).toContain('begins with 00, the device uses one that begins with 40');
  });

  test('a device that is not heard for a minute is told once; any packet of it ends the silence', () => {
    const { say, time, troubles } = air(roof);
    time.advanceTo(59_999);
    expect(troubles).toEqual([]);
    time.advanceTo(200_000);
    expect(troubles).toMatchObject([
      {
        name: 'roof',
        code: 'silent',
        message: expect.stringMatching(/^FA:AC:27:00:00:01 was not heard: out of reach/),
      },
    ]);
    say(201_000, solar(1300, 1));
    say(250_000, solar(1300, 1));
    time.advanceTo(309_999);
    expect(troubles).toHaveLength(1);
    time.advanceTo(310_000);
    expect(troubles).toHaveLength(2);
  });

  test('when nobody is heard, that is told too: it may be the radio', () => {
    const { say, time, troubles } = air({ ...roof, intervalMs: 30_000 });
    say(0, solar(1300, 1), 'C0:00:00:00:00:01');
    time.advanceTo(90_000);
    expect(troubles[0]?.message).toMatch(/VictronConnect; nobody else was heard either$/);
    say(100_000, solar(1300, 1));
    say(150_000, solar(1300, 1), 'C0:00:00:00:00:01');
    time.advanceTo(190_000);
    expect(troubles[1]?.message).toMatch(/VictronConnect$/);
  });

  test('sound packets without a reading are told as ignored', () => {
    const { say, troubles } = air(roof);
    say(0, Uint8Array.of(0x02, 0x01));
    say(1000, victronFrame(0x42, new Uint8Array(12), { key }));
    expect(troubles).toEqual([
      { name: 'roof', code: 'ignored', message: 'not an Instant Readout frame' },
      { name: 'roof', code: 'ignored', message: 'record type 0x42 has no published layout' },
    ]);
  });

  test('packets of devices that are not configured go to whoever asks for strangers', () => {
    const { say, readings, troubles, strangers } = air(roof);
    say(0, solar(1300, 1), 'C0:00:00:00:00:01');
    expect(strangers).toEqual(['C0:00:00:00:00:01']);
    expect([...readings, ...troubles]).toEqual([]);
  });

  test('a bug while decoding comes out', () => {
    const hear = {
      isRepeat: () => false,
      recognise: () => undefined,
      decode: () => {
        throw new TypeError('a bug');
      },
    };
    const { say } = air({ ...roof, definition: { ...roof.definition, hear } });
    expect(() => say(0, solar(1300, 1))).toThrow('a bug');
  });
});
