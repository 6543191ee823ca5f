import { describe, expect, onTestFinished, test } from 'vitest';
import { type Delivery, startDelivery } from '../src/sinks/delivery.ts';
import type { FeedItem } from '../src/sinks/feeds.ts';
import { sinkSchema } from '../src/sinks/ledger.ts';
import { type Point, type Sink, UnavailableError } from '../src/sinks/sink.ts';
import type { Store } from '../src/store.ts';
import { scratchStore } from './scratch-store.ts';
import { unchanged } from './sinks-past.ts';
import { feedOf, memorySink, numberOf, pointOf } from './sinks-rig.ts';

const all = { fromMs: 0, toMs: 1e9 };

/** A delivery of two feeds to a sink, on a store that it can be begun again on. */
function deliver(
  sink: Pick<Sink, 'write'> & Partial<Sink>,
  readings = feedOf(),
  windows = feedOf(false),
  {
    from = 'beginning',
    store = scratchStore(sinkSchema),
  }: { from?: 'now' | 'beginning'; store?: Store } = {},
): Delivery {
  const delivery = startDelivery({
    ...{ name: 'x', type: 'csv', readings: readings.feed, windows: windows.feed, readingsHeldMs: 1e9, store },
    sink: { plan: () => Promise.reject(new Error('not asked')), close: async () => {}, ...sink },
    ...{ clock: () => 0, clockSynced: () => true, random: () => 1, report: () => {} },
    sleep: () => new Promise(setImmediate),
    past: unchanged,
    positions: (which) =>
      which === 'begin' && from === 'beginning'
        ? { readings: 0, windows: 0 }
        : { readings: readings.feed.head(), windows: windows.feed.head() },
  });
  onTestFinished(() => delivery.stop());
  return delivery;
}

const drained = (delivery: Delivery) =>
  expect
    .poll(() => [delivery.view().state, delivery.view().readings.pending, delivery.view().windows.pending], {
      interval: 1,
    })
    .toEqual(['idle', 0, 0]);
const replayed = (delivery: Delivery) =>
  expect.poll(() => delivery.replayed()?.state, { interval: 1 }).toBe('done');

describe('a sink that is new', () => {
  test('begins with what comes from now on, and says what it skipped', async () => {
    const sink = memorySink();
    const [readings, windows] = [feedOf(), feedOf(false)];
    readings.add(10);
    windows.add(4);
    const store = scratchStore(sinkSchema);
    const delivery = deliver(sink, readings, windows, { from: 'now', store });
    readings.add(2);
    delivery.wake();
    await drained(delivery);
    expect([...sink.kept.keys()]).toEqual([11, 12]);
    expect(delivery.view().readings).toEqual({
      delivered: 2,
      pending: 0,
      refused: 0,
      expired: 0,
      skipped: 10,
    });
    await delivery.stop();
    readings.add(1);
    const again = deliver(sink, readings, windows, { from: 'now', store });
    await drained(again);
    expect(again.view().readings).toEqual({ delivered: 3, pending: 0, refused: 0, expired: 0, skipped: 10 });
  });
  test('begins with all that is kept where that was asked', async () => {
    const sink = memorySink();
    const readings = feedOf();
    readings.add(10);
    const delivery = deliver(sink, readings);
    await drained(delivery);
    expect(sink.kept.size).toBe(10);
    expect(delivery.view().readings).toEqual({ delivered: 10, pending: 0, refused: 0, expired: 0 });
  });
});

describe('a replay', () => {
  test('writes what is kept of a span again, and moves nothing', async () => {
    const sink = memorySink();
    const [readings, windows] = [feedOf(), feedOf(false)];
    readings.add(3_000);
    for (const n of [5_001, 5_002]) windows.put({ position: n, timeMs: n, points: [pointOf(n)] });
    const delivery = deliver(sink, readings, windows);
    await drained(delivery);
    sink.kept.clear();
    expect(delivery.replay({ fromMs: 100, toMs: 5_002 })?.state).toBe('running');
    await replayed(delivery);
    const expected = [...Array.from({ length: 2_901 }, (_, n) => 100 + n), 5_001];
    expect([...sink.kept.keys()]).toEqual(expected);
    expect(delivery.replayed()).toEqual({
      ...{ state: 'done', from: 100, to: 5_002 },
      readings: { written: 2_901, refused: 0, expired: 0 },
      windows: { written: 1, refused: 0, expired: 0 },
    });
    expect(delivery.view().readings).toMatchObject({ delivered: 3_000, pending: 0 });
  });
  test('goes on beside one that waits, says why, keeps what is refused, and is one at a time', async () => {
    const sink = memorySink();
    const readings = feedOf();
    readings.add(5);
    const delivery = deliver(sink, readings);
    await drained(delivery);
    sink.refuses = (point) => numberOf(point) === 3;
    sink.fails = () => new UnavailableError('Away.');
    delivery.replay(all);
    expect(delivery.replay(all)).toBeUndefined();
    await expect.poll(() => delivery.replayed()?.problem, { interval: 0 }).toBe('Away.');
    sink.fails = () => undefined;
    await replayed(delivery);
    expect(delivery.replayed()).toMatchObject({ readings: { written: 4, refused: 1, expired: 0 } });
    expect(delivery.replayed()).not.toHaveProperty('problem');
    expect(delivery.view().refused).toEqual([{ time: 3, point: expect.any(String), reason: 'no 3' }]);
    expect(delivery.replay(all)?.state).toBe('running');
  });
  test('counts what is too old for the sink, and ends when the delivery does', async () => {
    const sink = { ...memorySink(), holds: ({ timeMs }: Point) => timeMs > 3 };
    const readings = feedOf();
    readings.add(5);
    const delivery = deliver(sink, readings);
    await drained(delivery);
    delivery.replay(all);
    await replayed(delivery);
    expect(delivery.replayed()).toMatchObject({ readings: { written: 2, refused: 0, expired: 3 } });
    delivery.replay(all);
    await delivery.stop();
    expect(delivery.replayed()?.state).toBe('stopped');
  });
  test('never puts an older state of a window over a newer one', async () => {
    const [windows, state] = [feedOf(false), new Map<number, unknown>()];
    const window = (position: number, value: number): FeedItem => ({
      position,
      timeMs: 1,
      points: [{ ...pointOf(1), fields: { n: value } }],
    });
    let slow: Promise<void> | undefined;
    const asked = Promise.withResolvers<void>();
    const delivery = deliver(
      {
        write: async (points) => {
          const waitsFor = slow;
          slow = undefined;
          if (waitsFor) asked.resolve();
          await waitsFor;
          for (const { timeMs, fields } of points) state.set(timeMs, fields['n']);
        },
      },
      feedOf(),
      windows,
    );
    windows.put(window(1, 10));
    delivery.wake();
    await expect.poll(() => state.get(1)).toBe(10);
    await drained(delivery);
    const answer = Promise.withResolvers<void>();
    slow = answer.promise;
    delivery.replay(all);
    // The replay has the older state on its way; the window changes, and is delivered as it now is.
    await asked.promise;
    windows.forget(2);
    windows.put(window(2, 20));
    delivery.wake();
    await new Promise((resolve) => setTimeout(resolve, 20));
    answer.resolve();
    await drained(delivery);
    await replayed(delivery);
    expect(state.get(1)).toBe(20);
  });
});

test('a sink that never answers delays no other', async () => {
  const [dead, alive, readings] = [memorySink(), memorySink(), feedOf()];
  const never = new Promise<void>(() => {});
  let closed = (): void => {};
  const hanging = deliver(
    {
      ...dead,
      write: () =>
        Promise.race([
          never,
          new Promise<void>((_, reject) => {
            closed = () => reject(new Error('closed'));
          }),
        ]),
      close: async () => closed(),
    },
    readings,
  );
  const living = deliver(alive, readings);
  for (let n = 0; n < 20; n++) {
    readings.add(100);
    hanging.wake();
    living.wake();
    await expect.poll(() => alive.kept.size, { interval: 1 }).toBe((n + 1) * 100);
  }
  expect(hanging.view().readings.pending).toBe(2_000);
});
