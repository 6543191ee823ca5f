import { expect, test } from 'vitest';
import type { BusListener, DeviceDefinition } from '../src/device.ts';
import {
  canBattery,
  canDyness,
  canGrowatt,
  canJk,
  canPylontech,
  canVictron,
  familiesOn,
} from '../src/devices/can-battery/index.ts';
import type { Frames } from '../src/frames.ts';
import { bytesOf } from './vectors.ts';

type Frame = readonly [id: number, data: string];

/** The 10-module stack whose capture hoylabs/OpenDTU-OnBattery quotes. */
const stack: readonly Frame[] = [
  [0x351, '1402740e740ecc01'],
  [0x355, '1a006400'],
  [0x356, '021300004a01'],
  [0x359, '000000000a504e'],
  [0x35c, 'c000'],
  [0x35e, '50594c4f4e202020'],
];

function say(listener: BusListener, frames: readonly Frame[], timeMs: number): void {
  for (const [id, data] of frames) expect(listener.push({ id, data: bytesOf(data) }, timeMs)).toEqual([]);
}

function listenTo(definition: DeviceDefinition): BusListener {
  const listener = definition.listenToBus?.();
  if (listener === undefined) throw new Error(`${definition.id} is on no bus`);
  return listener;
}

const without = (...ids: number[]) => stack.filter(([id]) => !ids.includes(id));

test('all frames of a round become one reading', () => {
  const listener = listenTo(canPylontech);
  say(listener, stack, 1000);
  expect(listener.isWhole()).toBe(false);
  say(listener, stack, 2000);
  expect(listener.isWhole()).toBe(true);
  expect(listener.current(2500)).toEqual([
    {
      record: '0x351 0x355 0x356 0x359 0x35C 0x35E',
      kind: 'battery',
      model: 'PYLON',
      timeMs: 2000,
      values: {
        battery_charge_voltage_limit: 53.2,
        battery_charge_current_limit: 370,
        battery_discharge_current_limit: 370,
        battery_discharge_voltage_limit: 46,
        state_of_charge: 26,
        state_of_health: 100,
        battery_voltage: 48.66,
        battery_current: 0,
        battery_temperature: 33,
        battery_power: 0,
        protections: [],
        warnings: [],
        module_count: 10,
        charge_allowed: true,
        discharge_allowed: true,
        charge_requested_urgent: false,
        charge_requested: false,
        full_charge_requested: false,
        manufacturer: 'PYLON',
      },
    },
  ]);
});

test('a frame that does not come any more takes its values along, not those of others', () => {
  const listener = listenTo(canPylontech);
  say(listener, stack, 0);
  say(listener, without(0x355), 4000);
  expect(listener.current(5000)[0]?.values).toHaveProperty('state_of_charge', 26);
  const later = listener.current(5001)[0];
  expect(later?.values).not.toHaveProperty('state_of_charge');
  expect(later).toMatchObject({ timeMs: 4000, values: { battery_voltage: 48.66, manufacturer: 'PYLON' } });
});

test('a battery that fell silent has no reading, whatever its inverter says', () => {
  const listener = listenTo(canVictron);
  say(listener, stack, 0);
  const inverter: Frame = [0x305, '0000000000000000'];
  say(listener, [inverter], 5001);
  say(listener, [inverter], 5002);
  expect(listener.current(5002)).toEqual([]);
});

test('an inverter by itself begins no round', () => {
  const listener = listenTo(canPylontech);
  for (const timeMs of [0, 1000, 2000]) say(listener, [[0x305, '0000000000000000']], timeMs);
  expect(listener.isWhole()).toBe(false);
  expect(listener.current(2000)).toEqual([]);
});

test('after a minute of silence nothing of the old battery is left', () => {
  const listener = listenTo(canPylontech);
  say(listener, stack, 0);
  say(listener, stack, 1000);
  say(listener, [[0x355, '1a006400']], 61_001);
  expect(listener.isWhole()).toBe(false);
  expect(listener.current(61_001)).toMatchObject([{ values: { state_of_charge: 26, state_of_health: 100 } }]);
  expect(listener.current(61_001)[0]).not.toHaveProperty('model');
});

test('the scale of the voltage stays known when the limit is late, and the limit is not shown', () => {
  const listener = listenTo(canVictron);
  say(listener, [[0x351, '1402320032000000']], 0);
  say(listener, [[0x356, '0a0211ffbe00']], 9000);
  const [reading] = listener.current(9000);
  expect(reading?.values).toHaveProperty('battery_voltage', 52.2);
  expect(reading?.values).not.toHaveProperty('battery_charge_voltage_limit');
});

test.each([canPylontech, canVictron])(
  '$id: a charge voltage of 0 forbids charging, whatever came first',
  (definition) => {
    const allowing: readonly Frame[] = [
      [0x35c, 'c000'],
      [0x351, '00000000740ecc01'],
    ];
    for (const frames of [allowing, allowing.toReversed()]) {
      const listener = listenTo(definition);
      say(listener, frames, 0);
      expect(listener.current(0)).toMatchObject([
        { values: { charge_allowed: false, discharge_allowed: true, battery_charge_voltage_limit: null } },
      ]);
    }
  },
);

test('a charge voltage that is not heard any more forbids nothing', () => {
  const listener = listenTo(canPylontech);
  say(listener, [[0x351, '00000000740ecc01']], 0);
  say(listener, [[0x35c, 'c000']], 9000);
  expect(listener.current(9000)[0]?.values).toHaveProperty('charge_allowed', true);
});

test('frames of both profiles on one bus are read; the own profile has the word', () => {
  const mixed: readonly Frame[] = [...stack, [0x35a, '1400000004000000'], [0x372, '0200000000000100']];
  const pylontech = listenTo(canPylontech);
  const victron = listenTo(canVictron);
  for (const listener of [pylontech, victron]) say(listener, mixed, 0);
  expect(pylontech.current(0)[0]?.values).toMatchObject({
    warnings: [],
    alarms: ['battery_voltage_high', 'battery_voltage_low'],
    module_count_online: 2,
  });
  expect(victron.current(0)[0]?.values).toMatchObject({
    warnings: ['battery_voltage_high'],
    module_count: 10,
  });
});

test('each Dyness module is a device of its own', () => {
  const listener = listenTo(canDyness);
  say(
    listener,
    [
      [0xa21, '13b10f9b0ce50bb8'],
      [0xb21, '13b010040ce50190'],
    ],
    0,
  );
  say(listener, [[0xa21, '13b10f9b0ce50bb8']], 4000);
  expect(listener.current(5000).map(({ part, timeMs }) => [part, timeMs])).toEqual([
    ['module_1', 4000],
    ['module_2', 0],
  ]);
  // One that fell silent is not shown beside one that speaks.
  expect(listener.current(6000).map(({ part }) => part)).toEqual(['module_1']);
});

test('frames of other families are kept for a look, up to a bound', () => {
  const listener = listenTo(canPylontech);
  for (let id = 0; id < 100; id++) say(listener, [[0x600 + id, '01']], 0);
  say(listener, [[0x600, '02']], 1);
  expect(listener.unknown().size).toBe(64);
  expect(listener.unknown().get('0x600')).toEqual({ text: '02', count: 2 });
});

test('more bytes than a frame has are said, and change nothing', () => {
  const listener = listenTo(canPylontech);
  expect(listener.push({ id: 0x355, data: new Uint8Array(9) }, 0)).toEqual([
    { corrupt: 'a CAN frame has at most 8 bytes, 0x355 has 9' },
  ]);
  expect(listener.current(0)).toEqual([]);
});

const framesOf = (frames: readonly Frame[]): Frames =>
  new Map(frames.map(([id, data]) => [id, bytesOf(data)]));
const limits: Frame = [0x351, '1402740e740ecc01'];

test.each<readonly [string, readonly Frame[], readonly string[]]>([
  ['Pylontech by its requests', [limits, [0x35c, 'c000']], ['can-pylontech']],
  ['Pylontech by its letters', [limits, [0x359, '000000000a504e']], ['can-pylontech']],
  ['SMA and Victron by the alarms', [limits, [0x35a, '0000000000000000'], [0x35c, 'c000']], ['can-victron']],
  ['SMA and Victron by the modules', [limits, [0x372, '0200000000000100']], ['can-victron']],
  [
    'Discover by its maker',
    [limits, [0x35a, 'abaafeafaafaff'], [0x35e, '444953434f564552']],
    ['can-discover'],
  ],
  [
    'Growatt, and the Dyness modules behind it',
    [
      [0x313, '13b1006100a05064'],
      [0xa21, '13b10f9b0ce50bb8'],
    ],
    ['can-growatt', 'can-dyness'],
  ],
  ['JK', [[0x2f4, '34021b1063000000']], ['can-jk']],
  ['Pytes native', [[0x404, '3c00640000002a00']], ['can-pytes']],
  ['common frames tell no family', [limits], []],
])('%s', (_, frames, families) => {
  expect(familiesOn(framesOf(frames)).map(({ id }) => id)).toEqual(families);
});

test('a frame of an unheard unit does not make a bus a JK one', () => {
  expect(canJk.recogniseFrames?.(framesOf([[0x2f0, '00']]))).toBe(false);
  expect(canGrowatt.recogniseFrames?.(framesOf([[0x310, '00']]))).toBe(false);
});

test('the family is found from the frames, once the slower ones had their time', () => {
  const listener = listenTo(canBattery);
  for (const timeMs of [0, 1000]) say(listener, stack, timeMs);
  expect(listener.isWhole()).toBe(false);
  say(listener, stack, 2000);
  expect(listener.isWhole()).toBe(true);
  expect(listener.current(2000)).toEqual([{ ...listenToStack(2000), family: 'can-pylontech' }]);
});

test('another battery on the same bus, a minute later, is of its own family', () => {
  const listener = listenTo(canBattery);
  for (const timeMs of [0, 1000, 2000]) say(listener, stack, timeMs);
  expect(listener.current(62_001)).toEqual([]);
  for (const timeMs of [63_000, 64_000, 65_000]) say(listener, [[0x313, '13b1006100a05064']], timeMs);
  expect(listener.isWhole()).toBe(true);
  expect(listener.current(65_000)).toMatchObject([
    { family: 'can-growatt', values: { state_of_charge: 80 } },
  ]);
});

test('what no family knows is kept for a look', () => {
  const listener = listenTo(canBattery);
  say(listener, [...stack, [0x7ab, '0102'], [0x313, '13b1006100a05064']], 0);
  expect([...listener.unknown().keys()]).toEqual(['0x7AB']);
});

const listenToStack = (timeMs: number) => {
  const listener = listenTo(canPylontech);
  say(listener, stack, timeMs);
  return listener.current(timeMs)[0];
};
