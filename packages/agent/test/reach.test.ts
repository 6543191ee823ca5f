import { expect, test } from 'vitest';
import { victronFrame } from '../../protocols/test/victron-frame.ts';
import { createReach, recognise } from '../src/reading/reach.ts';
import { virtualTime } from './virtual-time.ts';

const payload = victronFrame(0x01, new Uint8Array(12), { product: 0xa053 });

function reach() {
  const time = virtualTime();
  const { note, inReach } = createReach(time.nowMs);
  return {
    ...{ time, inReach },
    hear: (atMs: number, address: string, heard = payload, rssi = -60) => {
      time.advanceTo(atMs);
      note({ source: 0x02e1, payload: heard, address, rssi, moment: time.now() });
    },
  };
}

test('a device is recognised by its product id, without its key', () => {
  expect(recognise({ source: 0x02e1, payload })).toEqual({
    record: '0x01',
    kind: 'solar_charger',
    model: 'SmartSolar Charger MPPT 75/15',
    needsSecret: true,
    definition: 'victron-ble',
    needs: 'key',
  });
  expect(recognise({ source: 0x004c, payload })).toBeUndefined();
});

test('what is in reach is shown with its newest strength until it was not heard for ten minutes', () => {
  const { hear, inReach, time } = reach();
  hear(0, 'C0:00:00:00:00:01', payload, -60);
  hear(1000, 'C0:00:00:00:00:01', payload, -72);
  hear(2000, 'C0:00:00:00:00:02', Uint8Array.of(0x02, 0x01));
  expect(inReach()).toEqual([
    { address: 'C0:00:00:00:00:01', model: 'SmartSolar Charger MPPT 75/15', rssi: -72 },
  ]);
  time.advanceTo(601_000);
  expect(inReach()).toHaveLength(1);
  time.advanceTo(601_001);
  expect(inReach()).toEqual([]);
});

test('however many pass by, no more than 64 are kept, and the gone ones make room', () => {
  const { hear, inReach } = reach();
  for (let index = 0; index < 100; index++) hear(index, `C0:00:00:00:00:${index}`);
  expect(inReach()).toHaveLength(64);
  hear(700_000, 'C0:00:00:00:01:00');
  expect(inReach()).toEqual([
    { address: 'C0:00:00:00:01:00', model: 'SmartSolar Charger MPPT 75/15', rssi: -60 },
  ]);
});
