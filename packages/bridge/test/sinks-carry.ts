// A sink at work on a store of its own, fed with what a test adds.

import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { type Delivery, startDelivery } from '../src/sinks/delivery.ts';
import type { Feed, FeedItem } from '../src/sinks/feeds.ts';
import { sinkSchema } from '../src/sinks/ledger.ts';
import type { Point, Sink } from '../src/sinks/sink.ts';
import { openStore } from '../src/store.ts';
import { unchanged } from './sinks-past.ts';

/** A sink at work on items that the test adds, on a store of its own that it can be restarted on. */
export function carrySink(createSink: () => Sink) {
  const folder = scratchFolder();
  const items: FeedItem[] = [];
  const feed: Feed = {
    gapless: true,
    read: (after, limit) => items.slice(after, after + limit),
    head: () => items.length,
    waiting: (after) => items.length - after,
  };
  const none: Feed = { gapless: false, read: () => [], head: () => 0, waiting: () => 0 };
  const reports: string[] = [];
  const begin = () => {
    const store = openStore({ path: folder, parts: [sinkSchema] });
    const delivery = startDelivery({
      name: 'carried',
      type: 'influxdb2',
      sink: createSink(),
      store,
      readings: feed,
      readingsHeldMs: 7 * 86_400_000,
      windows: none,
      past: unchanged,
      positions: () => ({ readings: 0, windows: 0 }),
      clock: Date.now,
      clockSynced: () => true,
      random: Math.random,
      // A hundredth of the waits.
      sleep: (ms, signal) => setTimeout(ms / 100, undefined, { signal }).catch(() => {}),
      report: (text) => reports.push(text),
    });
    return { delivery, store };
  };
  let { delivery, store } = begin();
  const stop = async (): Promise<void> => {
    await delivery.stop();
    store.close();
  };
  onTestFinished(stop);
  return {
    reports,
    view: () => delivery.view(),
    add: (...points: readonly Point[]) => {
      for (const point of points)
        items.push({ position: items.length + 1, timeMs: point.timeMs, points: [point] });
      delivery.wake();
    },
    restart: async () => {
      await stop();
      ({ delivery, store } = begin());
    },
  };
}

export const settled = (carried: { view(): ReturnType<Delivery['view']> }) =>
  expect.poll(() => carried.view().readings.pending, { timeout: 15_000 }).toBe(0);
