import { describe, expect, test } from 'vitest';
import { readingFeed, windowFeed } from '../src/sinks/feeds.ts';
import { readingOf } from './in-memory-log.ts';
import { itemOf, pointOf } from './sinks-rig.ts';

describe('feeds', () => {
  test('readings come by their position in the log', () => {
    const readings = [1, 2, 3].map((n) => readingOf('victron/battery/x', n, { n }, { position: n }));
    const feed = readingFeed(
      {
        head: () => 3,
        read: (after, limit) => readings.filter(({ position }) => position > after).slice(0, limit),
      },
      ({ timeMs }) => [pointOf(timeMs)],
    );
    expect(feed.read(1, 10)).toEqual([itemOf(2), itemOf(3)]);
    expect([feed.waiting(1), feed.gapless]).toEqual([2, true]);
  });
  test('a reading that waits for its time is an item without a point: it comes again', () => {
    const waiting = readingOf('victron/battery/x', 1, {}, { position: 1, waits: true });
    const feed = readingFeed({ head: () => 1, read: () => [waiting] }, ({ timeMs }) => [pointOf(timeMs)]);
    expect(feed.read(0, 10)).toEqual([{ position: 1, timeMs: 1, points: [] }]);
  });
  test('windows come by their revision, and one that changed twice comes once', () => {
    const windows = [{ revision: 5, startMs: 100 }];
    const feed = windowFeed(
      { changedSince: (after) => windows.filter(({ revision }) => revision > after), changedCount: () => 1 },
      ({ startMs }) => [pointOf(startMs)],
    );
    expect(feed.read(0, 10)).toEqual([{ position: 5, timeMs: 100, points: [pointOf(100)] }]);
    expect([feed.waiting(0), feed.gapless]).toEqual([1, false]);
  });
});
