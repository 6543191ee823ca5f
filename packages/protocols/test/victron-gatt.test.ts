// What of a SmartShunt's characteristics is taken for a value.

import { expect, test } from 'vitest';
import { askRecord, openConversation } from '../src/asking.ts';
import { victronGatt } from '../src/devices/victron-gatt.ts';
import { takeOrSkip } from '../src/session.ts';

/** The first questions of a poll, and what is taken of a value of so many bytes for each. */
function taken(bytes: number): boolean[] {
  const { contact, settled } = openConversation({ medium: 'gatt-values' });
  const session = askRecord(victronGatt, 'smartshunt', { ...contact, settled, known: {}, wallMs: 0 });
  const all: boolean[] = [];
  for (let step = session.next(); !step.done; ) {
    const { answer } = takeOrSkip(step.value.take, Uint8Array.of(0x14, 0x05, 0, 0).subarray(0, bytes));
    all.push(answer !== undefined);
    step = session.next(Uint8Array.of(0, 0, 0));
  }
  return all;
}

test('a value that was cut is none: half a number would be another number', () => {
  // Voltage, charge, power, current, consumed, starter, time to go, temperature, mid-point, its deviation.
  const hasFour = [false, false, false, true, true, false, false, false, false, false];
  expect(taken(1)).toEqual(hasFour.map(() => false));
  expect(taken(2)).toEqual(hasFour.map((four) => !four));
  expect(taken(3)).toEqual(hasFour.map((four) => !four));
  expect(taken(4)).toEqual(hasFour.map(() => true));
});
