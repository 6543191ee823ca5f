// Points, a feed of them that a test fills and forgets, and a sink that keeps what it is given or declines it.

import { expect } from 'vitest';
import { type Drain, type DrainParts, startDrain } from '../src/sinks/drain.ts';
import type { Feed, FeedItem } from '../src/sinks/feeds.ts';
import type { Ledger } from '../src/sinks/ledger.ts';
import type { RetentionMemory } from '../src/sinks/retention.ts';
import { type Point, RefusedError } from '../src/sinks/sink.ts';

export const pointOf = (n: number): Point => ({
  tier: 'raw',
  measurement: 'battery',
  tags: {},
  fields: { n },
  timeMs: n,
});
export const itemOf = (n: number): FeedItem => ({ position: n, timeMs: n, points: [pointOf(n)] });
export const numberOf = ({ fields }: Point): number => Number(fields['n']);

/** A feed of items 1, 2, …, of which the first can be forgotten. */
export function feedOf(gapless = true) {
  const items: FeedItem[] = [];
  let head = 0;
  const feed: Feed = {
    gapless,
    read: (after, limit) => items.filter(({ position }) => position > after).slice(0, limit),
    head: () => head,
    waiting: (after) => (gapless ? head - after : items.filter(({ position }) => position > after).length),
  };
  return {
    feed,
    add: (count: number) => {
      for (let n = 0; n < count; n++) items.push(itemOf(++head));
    },
    put: (item: FeedItem) => {
      items.push(item);
      head = item.position;
    },
    forget: (before: number) => {
      while ((items[0]?.position ?? before) < before) items.shift();
    },
  };
}

/** A store that keeps points by time; `refuses` and `fails` can be changed while it runs. */
export function memorySink() {
  const kept = new Map<number, number>();
  const sink = {
    kept,
    writes: 0,
    refuses: (_: Point): boolean => false,
    fails: (_: number): Error | undefined => undefined,
    write: async (points: readonly Point[]) => {
      sink.writes += 1;
      const failure = sink.fails(sink.writes);
      if (failure) throw failure;
      const bad = points.find((point) => sink.refuses(point));
      if (bad) throw new RefusedError(`no ${numberOf(bad)}`);
      for (const point of points) kept.set(point.timeMs, (kept.get(point.timeMs) ?? 0) + 1);
    },
  };
  return sink;
}

/** What a bridge remembers that has set no retention yet. */
export function noMemory(): RetentionMemory {
  const set = new Map<string, number | null>();
  return {
    lastSet: (place) => set.get(place),
    remember: (place, keepMs) => void set.set(place, keepMs),
    places: (prefix) => [...set.keys()].filter((place) => place.startsWith(prefix)),
  };
}

export type DrainedParts = Pick<DrainParts, 'sink' | 'feed'> & Partial<DrainParts>;

/** A drain, what it says, and how long it slept, which takes no time. */
export function startedDrain(ledger: Ledger, parts: DrainedParts) {
  const reports: string[] = [];
  const sleeps: number[] = [];
  const drain = startDrain({
    name: 'Sink x',
    ledger,
    clock: () => 0,
    clockSynced: () => true,
    random: () => 1,
    sleep: async (ms) => {
      sleeps.push(ms);
      await new Promise(setImmediate);
    },
    report: (text) => reports.push(text),
    ...parts,
  });
  return { drain, reports, sleeps };
}

export const settled = (drain: Drain) =>
  expect.poll(() => drain.isIdle() && drain.view().pending === 0, { interval: 1 }).toBe(true);
