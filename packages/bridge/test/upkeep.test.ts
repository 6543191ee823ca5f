import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startUpkeep, type UpkeepOptions } from '../src/upkeep.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function upkeep(more: { step?: () => boolean; expiring?: number } = {}) {
  const counts = { steps: 0, revision: 0, changed: 0, expired: 0, reports: 0 };
  const options: UpkeepOptions = {
    tiers: {
      step: () => {
        counts.steps++;
        return more.step?.() ?? false;
      },
      revision: () => counts.revision,
      expire: () => 0,
    },
    log: {
      settle: () => false,
      expire: () => {
        counts.expired++;
        return more.expiring !== undefined && counts.expired <= more.expiring ? 1 : 0;
      },
    },
    now: Date.now,
    report: () => counts.reports++,
    windowsChanged: () => counts.changed++,
  };
  return { counts, upkeep: startUpkeep(options) };
}

test('windows that got a revision are told, also when nothing more is to do', async () => {
  const { counts, upkeep: running } = upkeep({
    step: () => {
      if (counts.steps === 3) counts.revision = 7;
      return false;
    },
  });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(counts.steps).toBeGreaterThan(10);
  expect(counts.changed).toBe(1);
  running.stop();
});

test('as long as there is more to do it goes on at once, and expiry has its turn', async () => {
  const { counts, upkeep: running } = upkeep({ step: () => counts.steps < 100, expiring: 50 });
  // Much less than the pause between two looks.
  for (let ms = 0; ms < 200; ms++) await vi.advanceTimersByTimeAsync(1);
  expect(counts.steps).toBeGreaterThanOrEqual(100);
  expect(counts.expired).toBe(51);
  running.stop();
});

test('a disk that refuses is reported and asked again later; stopping ends it', async () => {
  const { counts, upkeep: running } = upkeep({
    step: () => {
      throw new Error('disk');
    },
  });
  await vi.advanceTimersByTimeAsync(11_000);
  expect(counts).toMatchObject({ steps: 3, reports: 3 });
  running.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(counts.steps).toBe(3);
});
