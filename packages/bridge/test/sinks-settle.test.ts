// Windows are written once more when no request of before can be under way any more.

import { describe, expect, onTestFinished, test } from 'vitest';
import { openLedger, sinkSchema } from '../src/sinks/ledger.ts';
import { startSettling } from '../src/sinks/settle.ts';
import { type Point, UnavailableError } from '../src/sinks/sink.ts';
import { scratchStore } from './scratch-store.ts';

/** Windows by the start of each, a delivery of them that the test moves, and a store that keeps the last of each. */
function settlingRig(store = scratchStore(sinkSchema)) {
  const states = new Map<number, { revision: number; value: number }>();
  let revision = 0;
  const kept = new Map<number, unknown>();
  const sleeps: (() => void)[] = [];
  let failure: Error | undefined;
  let writes = 0;
  const read = (after: number, limit: number) =>
    [...states]
      .map(([timeMs, state]) => ({ timeMs, ...state }))
      .filter((state) => state.revision > after)
      .toSorted((a, b) => a.revision - b.revision)
      .slice(0, limit)
      .map(({ timeMs, value, revision: position }) => ({
        ...{ position, timeMs },
        points: [{ tier: '1m', measurement: 'battery_mean', tags: {}, fields: { value }, timeMs }],
      }));
  const write = async (points: readonly Point[]): Promise<void> => {
    writes++;
    if (failure !== undefined) throw failure;
    for (const { timeMs, fields } of points) kept.set(timeMs, fields['value']);
  };
  const written = openLedger(store, 'influx', 'windows');
  const open = () =>
    startSettling({
      sink: { write },
      windows: {
        ...{ gapless: false, read, head: () => Number.POSITIVE_INFINITY },
        waiting: (after) => read(after, 1_000_000).length,
      },
      written,
      ledger: openLedger(store, 'influx', 'settled'),
      alone: (work) => work(),
      clock: () => 0,
      clockSynced: () => true,
      random: () => 0,
      sleep: (_, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve());
          sleeps.push(resolve);
        }),
    });
  const settling = open();
  onTestFinished(() => settling.stop());
  const settle = (): void => {
    for (const awake of sleeps.splice(0)) awake();
  };
  return {
    ...{ settling, kept, settle, open },
    writes: () => writes,
    change: (timeMs: number, value: number) => states.set(timeMs, { revision: ++revision, value }),
    /** As the ordinary delivery does. */
    deliver: async () => {
      const { position } = written.progress();
      for (const { timeMs, points } of read(position, 1_000_000))
        kept.set(timeMs, points[0]?.fields['value']);
      written.advance({ position: revision, delivered: 0, refused: 0, expired: 0 }, []);
      settling.wake();
    },
    fail: (error: Error | undefined) => {
      failure = error;
    },
    /** Time passes until nothing waits. */
    settled: () =>
      expect
        .poll(() => {
          settle();
          return settling.waiting();
        })
        .toBe(0),
  };
}

describe('settling', () => {
  test('an older state that comes late is put right', async () => {
    const { change, deliver, kept, settled, settling } = settlingRig();
    change(60_000, 1);
    await deliver();
    change(60_000, 2);
    await deliver();
    // The request of before, given up by its sender and still under way.
    kept.set(60_000, 1);
    expect(settling.waiting()).toBe(1);
    await settled();
    expect(kept).toEqual(new Map([[60_000, 2]]));
  });

  test('nothing is written before the time of a late request is over', async () => {
    const { change, deliver, writes, settle, settled } = settlingRig();
    change(60_000, 1);
    await deliver();
    await new Promise(setImmediate);
    // The sleep before the mark is taken, and the one after it.
    settle();
    await new Promise(setImmediate);
    expect(writes()).toBe(0);
    await settled();
    expect(writes()).toBe(1);
  });

  test('what is not delivered yet is left to its turn', async () => {
    const { change, deliver, kept, settled, settling } = settlingRig();
    change(60_000, 1);
    await deliver();
    change(120_000, 5);
    await settled();
    expect(kept).toEqual(new Map([[60_000, 1]]));
    expect(settling.waiting()).toBe(0);
  });

  test('more than one request can hold are all written once more', async () => {
    const { change, deliver, kept, settled } = settlingRig();
    const starts = Array.from({ length: 2_500 }, (_, index) => index * 60_000);
    for (const timeMs of starts) change(timeMs, 2);
    await deliver();
    for (const timeMs of starts) kept.set(timeMs, 1);
    await settled();
    expect(kept).toEqual(new Map(starts.map((timeMs) => [timeMs, 2])));
  });

  test('a store that is away is asked again until it has them', async () => {
    const { change, deliver, kept, fail, settle, settled, writes } = settlingRig();
    change(60_000, 1);
    await deliver();
    kept.clear();
    fail(new UnavailableError('away'));
    await expect
      .poll(() => {
        settle();
        return writes();
      })
      .toBeGreaterThan(1);
    expect(kept.size).toBe(0);
    fail(undefined);
    await settled();
    expect(kept).toEqual(new Map([[60_000, 1]]));
  });

  test('after a restart it goes on with what was not written once more', async () => {
    const store = scratchStore(sinkSchema);
    const first = settlingRig(store);
    first.change(60_000, 1);
    await first.deliver();
    await first.settling.stop();
    first.kept.set(60_000, 0);
    const again = first.open();
    onTestFinished(() => again.stop());
    await expect
      .poll(() => {
        first.settle();
        return again.waiting();
      })
      .toBe(0);
    expect(first.kept).toEqual(new Map([[60_000, 1]]));
  });
});
