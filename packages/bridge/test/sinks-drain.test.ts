import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { createBell } from '../src/sinks/bell.ts';
import { openLedger, sinkSchema } from '../src/sinks/ledger.ts';
import { type Point, UnavailableError } from '../src/sinks/sink.ts';
import type { Store } from '../src/store.ts';
import { scratchStore } from './scratch-store.ts';
import {
  type DrainedParts,
  feedOf,
  memorySink,
  numberOf,
  pointOf,
  settled,
  startedDrain,
} from './sinks-rig.ts';

let store: Store;
beforeEach(() => {
  store = scratchStore(sinkSchema);
});

const drainOf = (parts: DrainedParts) => startedDrain(openLedger(store, 'x', 'readings'), parts);

describe('a drain', () => {
  test('delivers everything once, in order, and goes on where it stopped after a restart', async () => {
    const { feed, add } = feedOf();
    const sink = memorySink();
    add(2_500);
    const first = drainOf({ sink, feed });
    await settled(first.drain);
    await first.drain.stop();
    add(10);
    const second = drainOf({ sink, feed });
    await settled(second.drain);
    await second.drain.stop();
    expect([...sink.kept.keys()]).toEqual(Array.from({ length: 2_510 }, (_, n) => n + 1));
    expect(new Set(sink.kept.values())).toEqual(new Set([1]));
    expect(second.drain.view()).toEqual({ delivered: 2_510, pending: 0, refused: 0, expired: 0 });
  });
  test('wakes for what is new, and lets it gather for a second', async () => {
    const { feed, add } = feedOf();
    const sink = memorySink();
    const { drain, sleeps } = drainOf({ sink, feed });
    await expect.poll(() => drain.isIdle()).toBe(true);
    add(1);
    drain.wake();
    await settled(drain);
    expect(sink.kept.size).toBe(1);
    expect(sleeps).toContain(1_000);
    await drain.stop();
  });
  test('waits for a store that is away, longer each time, says so once, and loses nothing', async () => {
    const { feed, add } = feedOf();
    const sink = memorySink();
    add(3);
    sink.fails = (write) => (write <= 9 ? new UnavailableError('Not reached.') : undefined);
    const { drain, sleeps, reports } = drainOf({ sink, feed });
    await settled(drain);
    await drain.stop();
    expect(sleeps.slice(0, 9)).toEqual([1, 2, 4, 8, 15, 15, 15, 15, 15].map((seconds) => seconds * 1_000));
    expect(reports).toEqual(['Sink x: Not reached. 3 wait.', 'Sink x: delivers again, 0 wait.']);
    expect(sink.kept.size).toBe(3);
  });
  test('asks again when the store said, but not in an hour', async () => {
    const { feed, add } = feedOf();
    const sink = memorySink();
    add(1);
    const asked = [7_000, 3_600_000];
    sink.fails = (write) => (write <= 2 ? new UnavailableError('Later.', asked[write - 1]) : undefined);
    const { drain, sleeps } = drainOf({ sink, feed });
    await settled(drain);
    await drain.stop();
    expect(sleeps.slice(0, 2)).toEqual([7_000, 600_000]);
  });
  test('keeps a refused point aside with the words of the store, and the rest goes on', async () => {
    const { feed, add } = feedOf();
    const sink = memorySink();
    add(1_000);
    sink.refuses = (point) => [17, 500, 501].includes(numberOf(point));
    const { drain, reports } = drainOf({ sink, feed });
    await settled(drain);
    await drain.stop();
    expect(drain.view()).toEqual({ delivered: 997, pending: 0, refused: 3, expired: 0 });
    expect(sink.kept.size).toBe(997);
    const refusals = openLedger(store, 'x', 'readings').refusals(10);
    expect(refusals.map(({ position, reason }) => [position, reason])).toEqual([
      [501, 'no 501'],
      [500, 'no 500'],
      [17, 'no 17'],
    ]);
    expect(refusals[0]?.point).toBe('{"tier":"raw","measurement":"battery","n":501}');
    expect(reports).toEqual(['Sink x: 3 refused so far by the store, the last: no 501']);
  });
  test('a store that goes away while a refused point is looked for gets all of it again', async () => {
    const { feed, add } = feedOf();
    const sink = memorySink();
    add(8);
    sink.refuses = (point) => numberOf(point) === 5;
    sink.fails = (write) => (write === 3 ? new UnavailableError('Gone.') : undefined);
    const { drain } = drainOf({ sink, feed });
    await settled(drain);
    await drain.stop();
    expect([...sink.kept.keys()].toSorted()).toEqual([1, 2, 3, 4, 6, 7, 8]);
    expect(drain.view()).toEqual({ delivered: 7, pending: 0, refused: 1, expired: 0 });
  });
  test('counts what the log no longer holds as expired, at once and also when nothing is left', async () => {
    const { feed, add, forget } = feedOf();
    const sink = memorySink();
    add(100);
    forget(41);
    const { drain, reports } = drainOf({ sink, feed });
    await settled(drain);
    expect(drain.view()).toEqual({ delivered: 60, pending: 0, refused: 0, expired: 40 });
    expect(reports).toEqual(['Sink x: 40 expired so far before they could be delivered.']);
    add(50);
    forget(151);
    drain.wake();
    await settled(drain);
    expect(drain.view()).toEqual({ delivered: 60, pending: 0, refused: 0, expired: 90 });
    await drain.stop();
  });
  test('does not send what the store would not hold, and counts it as expired', async () => {
    const { feed, add } = feedOf();
    const sink = { ...memorySink(), holds: ({ timeMs }: Point, nowMs: number) => timeMs > nowMs - 30 };
    add(100);
    const { drain } = drainOf({ sink, feed, clock: () => 100 });
    await settled(drain);
    await drain.stop();
    expect(Math.min(...sink.kept.keys())).toBe(71);
    expect(drain.view()).toEqual({ delivered: 30, pending: 0, refused: 0, expired: 70 });
  });
  test('a clock that is not set calls nothing too old', async () => {
    const { feed, add } = feedOf();
    const sink = { ...memorySink(), holds: () => false };
    add(3);
    const { drain } = drainOf({ sink, feed, clockSynced: () => false });
    await settled(drain);
    await drain.stop();
    expect(drain.view()).toMatchObject({ delivered: 3, expired: 0 });
  });
  test('an item without points is delivered: there is nothing in it', async () => {
    const { feed, put } = feedOf();
    const sink = memorySink();
    put({ position: 1, timeMs: 1, points: [] });
    const { drain } = drainOf({ sink, feed });
    await settled(drain);
    await drain.stop();
    expect(sink.writes).toBe(0);
    expect(drain.view()).toMatchObject({ delivered: 1, expired: 0 });
  });
  test('an item with several points is refused once, however many of them are', async () => {
    const { feed, put } = feedOf(false);
    const sink = memorySink();
    put({ position: 10, timeMs: 1, points: [pointOf(1), pointOf(2), pointOf(3)] });
    put({ position: 20, timeMs: 1, points: [pointOf(4)] });
    sink.refuses = (point) => numberOf(point) < 3;
    const { drain } = drainOf({ sink, feed });
    await settled(drain);
    await drain.stop();
    expect(drain.view()).toEqual({ delivered: 1, pending: 0, refused: 1, expired: 0 });
    expect([...sink.kept.keys()]).toEqual([3, 4]);
  });
  test('says loudly that what waits is going to expire, before it does, once', async () => {
    const { feed, put } = feedOf();
    const sink = memorySink();
    const hourMs = 3_600_000;
    put({ position: 1, timeMs: 0, points: [pointOf(1)] });
    let nowMs = 0;
    sink.fails = (write) => {
      nowMs = write * hourMs;
      return write <= 9 ? new UnavailableError('Away.') : undefined;
    };
    const { drain, reports } = drainOf({ sink, feed, heldMs: 10 * hourMs, clock: () => nowMs });
    await settled(drain);
    await drain.stop();
    expect(reports.filter((text) => text.includes('unless it is reached'))).toEqual([
      expect.stringContaining('in 2.0 h'),
    ]);
  });
  test('a failure of its own is a wait too, with its words, and not the end', async () => {
    const { feed, add } = feedOf();
    const sink = memorySink();
    add(1);
    sink.fails = (write) => (write === 1 ? new TypeError('not a function') : undefined);
    const { drain, reports } = drainOf({ sink, feed });
    await settled(drain);
    await drain.stop();
    expect(reports[0]).toBe('Sink x: not a function 1 wait.');
    expect(sink.kept.size).toBe(1);
  });
  test('of what is replaced in the feed nothing expires', async () => {
    const { feed, add, forget } = feedOf(false);
    add(3);
    forget(4);
    const { drain } = drainOf({ sink: memorySink(), feed });
    await settled(drain);
    await drain.stop();
    expect(drain.view()).toEqual({ delivered: 0, pending: 0, refused: 0, expired: 0 });
  });
  test('stops when the write under way is over and written down, and is not idle before', async () => {
    const { feed, add } = feedOf();
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const write = () => {
      begun.resolve();
      return go.promise;
    };
    const { drain } = drainOf({ sink: { write }, feed });
    await settled(drain);
    add(1);
    drain.wake();
    await begun.promise;
    expect(drain.isIdle()).toBe(false);
    let hasStopped = false;
    const stopping = drain.stop().then(() => {
      hasStopped = true;
    });
    await new Promise(setImmediate);
    expect(hasStopped).toBe(false);
    go.resolve();
    await stopping;
    expect(openLedger(store, 'x', 'readings').progress()).toMatchObject({ position: 1, delivered: 1 });
  });
  test('stops at once in a long wait, and writes nothing down afterwards', async () => {
    const { feed, add } = feedOf();
    const sink = memorySink();
    add(1);
    sink.fails = () => new UnavailableError('Away.');
    const waiting = Promise.withResolvers<void>();
    const { drain } = drainOf({
      sink,
      feed,
      sleep: (_, signal) => {
        waiting.resolve();
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    });
    await waiting.promise;
    await drain.stop();
    expect(drain.view()).toMatchObject({ delivered: 0, pending: 1 });
    expect(drain.problem()).toEqual({ text: 'Away.', sinceMs: 0 });
  });
});

test('whatever is refused and whenever the store is away: stored = delivered + pending + refused + expired', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 20 }),
      fc.integer({ min: 0, max: 60 }),
      async (bad, away, forgotten) => {
        store.database.exec('DELETE FROM sink_progress; DELETE FROM sink_refusal');
        const { feed, add, forget } = feedOf();
        const sink = memorySink();
        add(60);
        forget(forgotten + 1);
        sink.refuses = (point) => bad.includes(numberOf(point));
        sink.fails = (write) => (away.includes(write) ? new UnavailableError('Away.') : undefined);
        const { drain } = drainOf({ sink, feed });
        await settled(drain);
        await drain.stop();
        const refused = bad.filter((n) => n > forgotten).length;
        const delivered = 60 - forgotten - refused;
        expect(drain.view()).toEqual({ delivered, pending: 0, refused, expired: forgotten });
        expect(sink.kept.size).toBe(delivered);
        expect(openLedger(store, 'x', 'readings').refusals(100)).toHaveLength(refused);
      },
    ),
    { numRuns: 60 },
  );
});

test('a bell that rang while nobody listened is heard at once, and only once', async () => {
  const stop = new AbortController();
  const bell = createBell(stop.signal);
  bell.ring();
  bell.ring();
  await bell.rung();
  let heard = false;
  const next = bell.rung().then(() => {
    heard = true;
  });
  await new Promise(setImmediate);
  expect(heard).toBe(false);
  stop.abort();
  await next;
});
