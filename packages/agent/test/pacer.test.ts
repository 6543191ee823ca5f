import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPacer } from '../src/reading/pacer.ts';
import { virtualTime } from './virtual-time.ts';

function paced(intervalMs: number, offers: readonly number[], untilMs: number) {
  const time = virtualTime();
  const sent: { item: number; atMs: number }[] = [];
  const pacer = createPacer<number>({
    intervalMs,
    ...time,
    emit: (item) => sent.push({ item, atMs: time.nowMs() }),
  });
  for (const atMs of offers) {
    time.advanceTo(atMs);
    pacer.offer(atMs);
  }
  time.advanceTo(untilMs);
  return { sent, pacer, time };
}

test('the first item goes out at once, then the newest of each interval', () => {
  const { sent } = paced(10_000, [500, 1500, 2500, 9800, 11_000, 20_000, 21_000], 40_000);
  expect(sent).toEqual([
    { item: 500, atMs: 500 },
    { item: 9800, atMs: 10_500 },
    { item: 20_000, atMs: 20_500 },
    { item: 21_000, atMs: 30_500 },
  ]);
});

test('after a silence an item goes out at once, and missed intervals are not made up for', () => {
  const { sent } = paced(10_000, [0, 35_000, 36_000, 37_000], 60_000);
  expect(sent).toEqual([
    { item: 0, atMs: 0 },
    { item: 35_000, atMs: 35_000 },
    { item: 37_000, atMs: 45_000 },
  ]);
});

test('however items come, two of them are never nearer than the interval and none goes out twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 100 }),
      fc.integer({ min: 1, max: 30_000 }),
      (times, intervalMs) => {
        const offers = [...new Set(times)].sort((a, b) => a - b);
        const { sent } = paced(intervalMs, offers, 1_000_000);
        for (let index = 1; index < sent.length; index++) {
          const [before, after] = [sent[index - 1], sent[index]];
          if (before === undefined || after === undefined) throw new Error('unreachable');
          expect(after.atMs - before.atMs).toBeGreaterThanOrEqual(intervalMs);
          expect(after.item).toBeGreaterThan(before.item);
        }
        expect(sent.at(-1)?.item).toBe(offers.at(-1));
      },
    ),
  );
});

test('stopping leaves no timer and nothing that still goes out', () => {
  const { pacer, time, sent } = paced(10_000, [0, 1000], 2000);
  pacer.stop();
  expect(time.pending()).toBe(0);
  time.advanceTo(100_000);
  expect(sent).toHaveLength(1);
});
