import { expect, test } from 'vitest';
import { withRecent } from '../src/log/recent.ts';
import type { StoredReading } from '../src/message.ts';
import { readingOf } from './in-memory-log.ts';

const readings = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) =>
    readingOf('victron/battery/x', from + index, {}, { position: from + index }),
  );
const positions = (found: readonly StoredReading[]) => found.map(({ position }) => position);

/** A log whose disk says that it was asked. */
function scene() {
  const asked: number[] = [];
  const fromDisk = readings(1, 1);
  let tail = 1;
  let store = (_: readonly StoredReading[]): void => undefined;
  const log = withRecent({
    head: () => 0,
    tail: () => tail,
    read: (after) => {
      asked.push(after);
      return fromDisk;
    },
    onStored: (listener) => {
      store = listener;
    },
  });
  const expireBefore = (position: number) => {
    tail = position;
  };
  return {
    log,
    asked,
    fromDisk,
    expireBefore,
    store: (from: number, count: number) => store(readings(from, count)),
  };
}

test('gives what comes after a position without the disk, whole groups until it is enough', () => {
  const { log, store, asked } = scene();
  for (const from of [5, 8, 11]) store(from, 3);
  expect(positions(log.read(6, 3))).toEqual([7, 8, 9, 10]);
  expect(positions(log.read(4, 100))).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13]);
  expect(positions(log.read(13, 10))).toEqual([]);
  expect(asked).toEqual([]);
});

test('asks the disk where something in between is not in memory', () => {
  const { log, store, asked, fromDisk } = scene();
  expect(log.read(0, 10)).toBe(fromDisk);
  store(5, 3);
  expect(log.read(3, 10)).toBe(fromDisk);
  // Positions are never used twice, but some may not have been heard of.
  store(20, 2);
  expect(log.read(6, 10)).toBe(fromDisk);
  expect(asked).toEqual([0, 3, 6]);
  expect(positions(log.read(19, 10))).toEqual([20, 21]);
});

test('holds a bounded number, the newest', () => {
  const { log, store, fromDisk } = scene();
  for (let group = 0; group < 30; group++) store(1 + 1_000 * group, 1_000);
  expect(log.read(19_999, 1)).toBe(fromDisk);
  expect(log.read(20_000, 20_000)).toHaveLength(10_000);
});

test('what left the log is not given any more', () => {
  const { log, store, expireBefore, fromDisk } = scene();
  store(1, 10);
  store(11, 10);
  expireBefore(11);
  expect(log.read(5, 10)).toBe(fromDisk);
  expect(log.read(10, 100)).toHaveLength(10);
});
