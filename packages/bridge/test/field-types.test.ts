// Types of fields that nobody described: the first seen stays, the other values are left out and seen.

import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRaw } from '../src/log/raw.ts';
import { storeFile } from '../src/store.ts';
import { message, noon, reading, type Scratch, scratchLog, sumOfVerdicts } from './scratch-log.ts';

let scratch: Scratch;
beforeEach(() => {
  scratch = scratchLog();
});
afterEach(() => scratch.remove());

let count = 0;
const say = (values: object, topic = 'shed/pump') => {
  count++;
  return scratch.log.append([message(topic, values, { receivedMs: noon + count })])[0];
};
const values = () => scratch.log.read(0, 100).map((one) => one.values);

describe('a value of another type than the first', () => {
  test('is left out of its reading, said once, counted and shown; the rest is stored', () => {
    expect(say({ speed: 3, mode: 'slow' })).toEqual({ is: 'stored' });
    expect(say({ speed: 'fast', mode: 'slow' })).toEqual({ is: 'stored' });
    expect(say({ speed: true, mode: 'fast' })).toEqual({ is: 'stored' });
    expect(say({ speed: null, mode: null })).toEqual({ is: 'stored' });
    expect(values()).toEqual([
      { speed: 3, mode: 'slow' },
      { mode: 'slow' },
      { mode: 'fast' },
      { speed: null, mode: null },
    ]);
    expect(scratch.log.accounts().bounds).toEqual({ field_left_out: 2 });
    expect(scratch.reports).toEqual([
      'shed/pump: the field "speed" is left out of readings in which a number was expected, a text came; /api/status shows the newest.',
    ]);
    expect(scratch.log.typeConflicts(10)).toMatchObject([
      { key: { topic: 'shed/pump', agent: '' }, field: 'speed', type: 'number', value: 'true', count: 2 },
    ]);
  });

  test('means the same after a restart and to another thread, and the type is still the first', () => {
    say({ speed: 3, mode: 'slow' });
    say({ speed: 'fast', mode: 'slow' });
    const before = scratch.log.read(0, 100);
    scratch.restart();
    expect(scratch.log.read(0, 100)).toEqual(before);
    const [summary] = scratch.log.series();
    expect(summary?.newest.values).toEqual({ mode: 'slow' });
    const reader = new DatabaseSync(storeFile(scratch.path), { readOnly: true });
    const raw = [...readRaw(reader, { series: summary?.id ?? 0, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER })];
    reader.close();
    expect(raw).toEqual(before);
    say({ speed: 'fast', mode: 1, more: ['a'] });
    expect(values().at(-1)).toEqual({ more: ['a'] });
    expect(scratch.log.typeConflicts(10).map(({ field, count: times }) => [field, times])).toEqual(
      expect.arrayContaining([
        ['speed', 2],
        ['mode', 1],
      ]),
    );
  });

  test('sets the message aside when no value is left', () => {
    say({ speed: 3 });
    expect(say({ speed: 'fast' })).toMatchObject({ is: 'aside', reason: 'other_types' });
    expect(scratch.log.accounts()).toMatchObject({ received: 2, stored: 1, aside: { other_types: 1 } });
    expect(sumOfVerdicts(scratch)).toBe(2);
    expect(Buffer.from(scratch.log.asides(1)[0]?.payload ?? []).toString()).toBe('{"speed":"fast"}');
  });
});

test('a field of the vocabulary has its type from the beginning', () => {
  expect(say({ battery_voltage: 'high', mode: 'x' })).toEqual({ is: 'stored' });
  expect(say({ battery_voltage: 13.2, mode: 'x' })).toEqual({ is: 'stored' });
  expect(values()).toEqual([{ mode: 'x' }, { battery_voltage: 13.2, mode: 'x' }]);
});

test('types belong to one series', () => {
  say({ speed: 3 }, 'shed/pump');
  expect(say({ speed: 'fast' }, 'shed/fan')).toEqual({ is: 'stored' });
});

test('readings of a definition are taken as it says', () => {
  expect(scratch.log.append([reading(0), reading(1, { values: { pv_power: 'dark' } })])).toEqual([
    { is: 'stored' },
    { is: 'stored' },
  ]);
  expect(scratch.log.typeConflicts(10)).toEqual([]);
});

test('ten thousand fields of one series are bounded, counted and the others stored', () => {
  for (let start = 0; start < 10_000; start += 500) {
    const names = Array.from({ length: 500 }, (_, index) => [`field_${start + index}`, 1]);
    say({ always: 1, ...Object.fromEntries(names) });
  }
  expect(scratch.log.accounts().bounds?.['field_left_out']).toBe(10_001 - 2_000);
  expect(values().at(-1)).toEqual({ always: 1 });
});

test('a transaction that the disk refused leaves no type behind', () => {
  say({ first: 1 });
  scratch.store.database.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON log_field BEGIN SELECT RAISE(ABORT, 'no'); END",
  );
  expect(() => say({ speed: 3 })).toThrow('no');
  scratch.store.database.exec('DROP TRIGGER refuse');
  expect(say({ speed: 'fast' })).toEqual({ is: 'stored' });
  expect(values()).toEqual([{ first: 1 }, { speed: 'fast' }]);
});
