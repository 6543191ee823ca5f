// What a bus says, in virtual time: one reading of each unit an interval, and what is said when there is none.

import { familyOf } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { openBusEars } from '../src/reading/bus.ts';
import type { Heard, ReadDevice } from '../src/reading/device.ts';
import { startMs, virtualTime } from './virtual-time.ts';

const device = (name: string, id: string, intervalMs = 5000): ReadDevice => ({
  ...{ name, definition: familyOf(id), port: 'can0', intervalMs },
  bus: { adapter: 'usb-can-a', bitRate: 500_000, isListenOnly: true, keepsAlive: false },
});

type Frame = readonly [id: number, data: string];
const limits: Frame = [0x351, '1402740e740ecc01'];
const state = (percent: number): Frame => [0x355, `${percent.toString(16).padStart(2, '0')}006400`];

function bus(...devices: readonly ReadDevice[]) {
  const time = virtualTime();
  const readings: { name: string; heard: Heard; atMs: number }[] = [];
  const troubles: string[] = [];
  const ears = openBusEars({
    ...{ devices, now: time.now, startTimer: time.startTimer },
    reading: ({ name }, heard) => readings.push({ name, heard, atMs: time.nowMs() }),
    trouble: ({ name }, { code, message }) => troubles.push(`${name} ${code}: ${message}`),
  });
  return {
    ...{ time, readings, troubles, ears },
    say(atMs: number, ...frames: readonly Frame[]): void {
      time.advanceTo(atMs);
      for (const [source, data] of frames)
        ears.hear({
          ...{ source, payload: Uint8Array.from(Buffer.from(data, 'hex')), address: '', rssi: 0 },
          moment: { wallMs: startMs + atMs, uptimeMs: atMs },
        });
    },
  };
}

test('the first whole round is a reading at once, then the newest of each interval', () => {
  const { say, time, readings } = bus(device('stack', 'can-pylontech'));
  for (let second = 0; second <= 11; second++) say(second * 1000, limits, state(50 + second));
  time.advanceTo(12_000);
  expect(readings.map(({ heard, atMs }) => [atMs, heard.decoded.values['state_of_charge']])).toEqual([
    // The limits came again before the state did.
    [1000, 50],
    [6000, 55],
    [11_000, 60],
  ]);
  expect(readings[1]?.heard.moment).toEqual({ uptimeMs: 5000, wallMs: startMs + 5000 });
});

test('several devices on one bus get each what is theirs, and all units together, each as of when it was heard', () => {
  const { say, readings } = bus(device('stack', 'can-growatt'), device('modules', 'can-dyness'));
  const summary: Frame = [0x313, '13b1006100a05064'];
  const modules: readonly Frame[] = [
    [0xa21, '13b10f9b0ce50bb8'],
    [0xb21, '13b010040ce50190'],
  ];
  say(0, summary, ...modules);
  say(700, modules[0] as Frame);
  say(1000, summary);
  expect(readings.map(({ name, heard }) => [name, heard.decoded.part])).toEqual([
    ['modules', 'module_1'],
    ['modules', 'module_2'],
    ['stack', undefined],
  ]);
  expect(readings.slice(0, 2).map(({ heard, atMs }) => [heard.moment.uptimeMs, atMs])).toEqual([
    [700, 700],
    [0, 700],
  ]);
});

test('a unit that falls silent is not read again, and makes the others no older', () => {
  const { say, time, readings } = bus(device('modules', 'can-dyness', 1000));
  const [one, other]: readonly Frame[] = [
    [0xa21, '13b10f9b0ce50bb8'],
    [0xb21, '13b010040ce50190'],
  ];
  say(0, one as Frame, other as Frame);
  for (let second = 1; second <= 4; second++) say(second * 1000, one as Frame);
  time.advanceTo(5000);
  const timesOf = (part: string) =>
    readings.filter(({ heard }) => heard.decoded.part === part).map(({ heard }) => heard.moment.uptimeMs);
  expect(timesOf('module_1')).toEqual([1000, 2000, 3000, 4000]);
  expect(timesOf('module_2')).toEqual([0]);
});

test('a bus on which nobody speaks is said with its likely causes', () => {
  const silent = device('stack', 'can-pylontech');
  const atPort = (more: object): ReadDevice => ({
    ...{ ...silent, name: 'other', port: '/dev/ttyCAN' },
    bus: { adapter: 'usb-can-a', bitRate: 250_000, isListenOnly: true, keepsAlive: false, ...more },
  });
  const { time, troubles } = bus(silent, atPort({}), atPort({ isListenOnly: false }));
  time.advanceTo(60_000);
  expect(troubles).toEqual([
    'stack silent: no frame came from can0 for 6 s: is the battery on, are CAN-H and CAN-L on the right pins, and is the interface at the bit rate of the bus? "ip -details link show can0" tells its own, "sudo ip link set can0 down && sudo ip link set can0 up type can bitrate 250000 listen-only on" tries another; a battery without an inverter may need it without listen-only',
    ...['"listen_only: no"', '"keep_alive: yes"'].map(
      (needed) =>
        `other silent: no frame came from /dev/ttyCAN for 6 s: is the battery on, are CAN-H and CAN-L on the right pins, and is the bus at 250 kbit/s? "bit_rate: 500k" tries another. A battery without an inverter may need ${needed}`,
    ),
  ]);
});

test('frames of another family are said with the definition that fits', () => {
  const { say, time, troubles, readings } = bus(device('stack', 'can-pylontech'));
  for (let second = 0; second <= 5; second++)
    say(second * 1000, [0x311, '0238'], [0x313, '13b1006100a05064']);
  time.advanceTo(6000);
  expect(readings).toEqual([]);
  expect(troubles).toEqual([
    'stack silent: frames come, but none of can-pylontech: 0x311 0x313; they look like "definition: can-growatt"',
  ]);
});

test('a battery that falls silent gives no old number, and is said', () => {
  const { say, time, troubles, readings } = bus(device('stack', 'can-victron', 1000));
  say(0, limits, state(50));
  say(1000, limits, state(51));
  // Its inverter speaks on.
  for (let second = 2; second <= 30; second++) say(second * 1000, [0x305, '0000000000000000']);
  time.advanceTo(31_000);
  // What was heard at 1 s came in two frames.
  expect(readings.map(({ heard }) => heard.moment.uptimeMs)).toEqual([1000]);
  expect(troubles).toEqual(['stack silent: frames come, but none of can-victron: 0x351 0x355 0x305']);
});

test('the end of a recording gives what is known of a round that never came again', () => {
  const { say, readings, ears } = bus(device('stack', 'can-pylontech'));
  say(0, limits, state(50));
  expect(readings).toEqual([]);
  ears.finish?.();
  expect(readings.map(({ heard }) => heard.decoded.values['state_of_charge'])).toEqual([50]);
});

test('nothing is left when it is closed', () => {
  const { say, time, ears } = bus(device('stack', 'can-pylontech'));
  say(0, limits, limits, state(50));
  ears.close();
  expect(time.pending()).toBe(0);
});
