import { expect, test } from 'vitest';
import type { StoredReading } from '../src/message.ts';
import { keepReady } from '../src/sinks/ready.ts';
import { readingOf } from './in-memory-log.ts';

const readings = (from: number, count: number, more: Partial<StoredReading> = {}) =>
  Array.from({ length: count }, (_, index) =>
    readingOf('victron/battery/x', 1_000 + from + index, {}, { position: from + index, ...more }),
  );

/** A log that holds `held` on disk, and counts how often it is asked; one reading may be none that text can say. */
function scene(held: readonly StoredReading[] = [], width = 1, unwritable = 0) {
  let tell = (_: readonly StoredReading[]): void => undefined;
  const asked: number[] = [];
  let encoded = 0;
  const ready = keepReady(
    {
      onStored: (listener) => {
        tell = listener;
      },
      read: (after) => {
        asked.push(after);
        return held.filter(({ position }) => position > after).slice(0, 3);
      },
    },
    ({ timeMs, position }) => [
      { tier: 'raw', measurement: 'battery', tags: {}, fields: { position }, timeMs },
    ],
    ({ fields }) => {
      encoded++;
      if (fields['position'] === unwritable) throw new Error('no text for it');
      return String(fields['position']).padStart(width, '0');
    },
  );
  return { ready, asked, store: (group: readonly StoredReading[]) => tell(group), encoded: () => encoded };
}

const linesOf = (found: { text: Uint8Array } | undefined) =>
  found && Buffer.from(found.text).toString().split('\n').slice(0, -1).map(Number);

test('what has just come is text already, and the log is not asked', () => {
  const { ready, store, asked } = scene();
  store(readings(5, 3));
  store(readings(8, 2));
  expect(ready.next(4, 100)).toMatchObject({ upTo: 9, oldestMs: 1_005 });
  expect(linesOf(ready.next(4, 100))).toEqual([5, 6, 7, 8, 9]);
  expect(linesOf(ready.next(4, 3))).toEqual([5, 6, 7]);
  // In the middle of a group: what is there already is written again.
  expect(linesOf(ready.next(8, 100))).toEqual([8, 9]);
  expect(asked).toEqual([]);
});

test('what came before is made from the log, group by group', () => {
  const { ready, store, asked } = scene(readings(1, 7));
  store(readings(8, 2));
  expect(linesOf(ready.next(0, 5))).toEqual([1, 2, 3, 4, 5, 6]);
  expect([ready.next(0, 5)?.isBehind, ready.next(7, 5)?.isBehind]).toEqual([true, undefined]);
  asked.splice(2);
  expect(asked).toEqual([0, 3]);
  expect(linesOf(ready.next(6, 100))).toEqual([7]);
});

test('where readings are missing there is no text, so that they are counted', () => {
  expect(scene(readings(5, 3)).ready.next(1, 10)).toBeUndefined();
  const holed = readings(1, 3).filter(({ position }) => position !== 2);
  expect(scene(holed).ready.next(0, 10)).toBeUndefined();
  expect(scene().ready.next(0, 10)).toBeUndefined();
});

test('a group that text cannot say, or that is missing, is never passed over', () => {
  const unwritable = scene([], 1, 5);
  for (const first of [1, 4, 7]) unwritable.store(readings(first, 3));
  const missing = scene();
  for (const first of [1, 7]) missing.store(readings(first, 3));
  for (const { ready } of [unwritable, missing]) {
    expect(ready.next(0, 100)).toBeUndefined();
    expect(ready.next(3, 100)).toBeUndefined();
    expect(linesOf(ready.next(6, 100))).toEqual([7, 8, 9]);
  }
});

test('what waits for its time is passed over', () => {
  const { ready, store } = scene();
  store([...readings(1, 1, { waits: true }), ...readings(2, 1)]);
  expect(ready.next(0, 10)).toMatchObject({ upTo: 2, oldestMs: 1_002 });
  expect(linesOf(ready.next(0, 10))).toEqual([2]);
});

test('the newest are given whatever is missing before, each once, and not when they are a flood', () => {
  const { ready, store } = scene();
  store(readings(100, 2));
  expect(linesOf(ready.newest(3, 10))).toEqual([100, 101]);
  store(readings(102, 2));
  expect(linesOf(ready.newest(101, 10))).toEqual([102, 103]);
  expect(ready.newest(103, 10)).toBeUndefined();
  store(readings(104, 50));
  expect(ready.newest(103, 10)).toMatchObject({ upTo: 153, text: new Uint8Array() });
});

test('memory is bounded, and nothing is made for a store that nobody carries to', () => {
  const { ready, store, encoded } = scene([], 500_000);
  for (let position = 1; position <= 30; position++) store(readings(position, 1));
  const made = encoded();
  expect(made).toBeLessThan(15);
  ready.next(0, 10);
  for (let position = 31; position <= 60; position++) {
    store(readings(position, 1));
    ready.next(position - 1, 10);
  }
  expect(encoded()).toBe(made + 30);
  expect(ready.newest(0, 1_000)?.text.length).toBeLessThan(7_000_000);
});

test('less is kept for a store that reads from the log, because it is so far behind', () => {
  const { ready, store } = scene(readings(1, 60), 500_000);
  for (let position = 31; position <= 60; position++) {
    store(readings(position, 1));
    ready.next(0, 1);
  }
  expect(ready.newest(0, 1_000)?.text.length).toBeLessThan(3_000_000);
});
