import { describe, expect, test } from 'vitest';
import { judge, learnedIntervalMs } from '../src/live/freshness.ts';

const minute = 60_000;

describe('a device that speaks every 10 s', () => {
  const at = (ageMs: number, offline = false) => judge({ timeMs: 0, intervalMs: 10_000, offline }, ageMs);

  test('is fresh until its interval and half of it have passed, and late the moment after', () => {
    expect(at(15_000)).toBe('fresh');
    expect(at(15_001)).toBe('late');
  });
  test('is late until two minutes have passed, then lost', () => {
    expect(at(2 * minute)).toBe('late');
    expect(at(2 * minute + 1)).toBe('lost');
  });
  test('is late, not lost, the moment its agent goes offline by will, and lost by time only', () => {
    expect(at(1_000, true)).toBe('late');
    expect(at(2 * minute, true)).toBe('late');
    expect(at(2 * minute + 1, true)).toBe('lost');
  });
});

test('a device of every second has three seconds of grace', () => {
  expect(judge({ timeMs: 0, intervalMs: 1_000, offline: false }, 4_000)).toBe('fresh');
  expect(judge({ timeMs: 0, intervalMs: 1_000, offline: false }, 4_001)).toBe('late');
});

test('a device of every hour is late until five hours have passed', () => {
  expect(judge({ timeMs: 0, intervalMs: 60 * minute, offline: false }, 90 * minute)).toBe('fresh');
  expect(judge({ timeMs: 0, intervalMs: 60 * minute, offline: false }, 300 * minute)).toBe('late');
  expect(judge({ timeMs: 0, intervalMs: 60 * minute, offline: false }, 300 * minute + 1)).toBe('lost');
});

describe('an agent that wakes every 20 minutes for 2', () => {
  const intervalMs = 20 * minute;
  const sleepAfter = (wakeMs: number) => ({
    announcedMs: wakeMs + 2 * minute,
    nextDueMs: wakeMs + intervalMs,
  });

  test('over thirty days its device is never late or lost, whatever its own interval', () => {
    for (const ownIntervalMs of [10_000, intervalMs]) {
      const bad: string[] = [];
      for (let wakeMs = 0; wakeMs < 30 * 24 * 60 * minute; wakeMs += intervalMs) {
        // It is heard half a minute after waking; the last sleep is still what is known until then.
        const before = { timeMs: wakeMs - intervalMs + 30_000, intervalMs: ownIntervalMs, offline: false };
        const after = { ...before, timeMs: wakeMs + 30_000 };
        const looks = [
          judge({ ...before, sleep: sleepAfter(wakeMs - intervalMs) }, wakeMs + 29_000),
          judge({ ...after, sleep: sleepAfter(wakeMs - intervalMs) }, wakeMs + 31_000),
          judge({ ...after, sleep: sleepAfter(wakeMs) }, wakeMs + 3 * minute),
          judge({ ...after, sleep: sleepAfter(wakeMs) }, wakeMs + 19 * minute),
        ];
        bad.push(...looks.filter((state) => state === 'late' || state === 'lost'));
      }
      expect(bad).toEqual([]);
    }
  });
  test('one wake-up missed is late, two are lost', () => {
    const silence = { timeMs: 30_000, intervalMs, offline: false, sleep: sleepAfter(0) };
    expect(judge(silence, 22 * minute)).toBe('sleeping');
    expect(judge(silence, 22 * minute + 1)).toBe('late');
    expect(judge(silence, 42 * minute)).toBe('late');
    expect(judge(silence, 42 * minute + 1)).toBe('lost');
  });
  test('is late when the agent woke up and broke off: offline by will', () => {
    const silence = { timeMs: 30_000, intervalMs, offline: true, sleep: sleepAfter(0) };
    expect(judge(silence, 21 * minute)).toBe('late');
  });
  test('a device that the agent woke up without hearing is late after one time and lost after two', () => {
    const silence = { timeMs: 30_000, intervalMs, offline: false };
    expect(judge({ ...silence, sleep: sleepAfter(20 * minute) }, 23 * minute)).toBe('late');
    expect(judge({ ...silence, sleep: sleepAfter(40 * minute) }, 43 * minute)).toBe('lost');
  });
});

test('the interval that nobody announces is the median of the gaps, once there are three', () => {
  expect(learnedIntervalMs([10, 11])).toBeUndefined();
  expect(learnedIntervalMs([10, 900, 11])).toBe(11);
});
