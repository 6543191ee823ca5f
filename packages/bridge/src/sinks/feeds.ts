// What sinks are fed with: the readings of the log, and the windows of the tiers each time one changes.

import type { Log } from '../log/log.ts';
import type { StoredReading } from '../message.ts';
import type { Point } from './sink.ts';

export interface FeedItem {
  readonly position: number;
  readonly timeMs: number;
  /** None: there is nothing in it that a store could hold. */
  readonly points: readonly Point[];
}

export interface Feed {
  /** Items after a position, in order, about `limit` at most; empty: there is nothing more. */
  read(after: number, limit: number): readonly FeedItem[];
  /** Position of the newest item. */
  head(): number;
  /** Items after a position. */
  waiting(after: number): number;
  /** Every position was an item once: one that is missing is no longer held. */
  readonly gapless: boolean;
}

export function readingFeed(
  log: Pick<Log, 'read' | 'head'>,
  toPoints: (reading: StoredReading) => readonly Point[],
): Feed {
  return {
    gapless: true,
    read: (after, limit) =>
      log.read(after, limit).map((reading) => ({
        position: reading.position,
        timeMs: reading.timeMs,
        // What waits for its time comes again at another position.
        points: reading.waits ? [] : toPoints(reading),
      })),
    head: () => log.head(),
    waiting: (after) => Math.max(0, log.head() - after),
  };
}

interface Window {
  readonly revision: number;
  readonly startMs: number;
}

/** Closed windows in the order of their changes; one that changes again before it is read is read once. */
interface Windows<Item extends Window> {
  changedSince(revision: number, limit: number): readonly Item[];
  /** How many windows have a later revision. */
  changedCount(revision: number): number;
}

/** Windows are heavier than readings: one has several points. */
const readingsPerWindow = 4;

export function windowFeed<Item extends Window>(
  windows: Windows<Item>,
  toPoints: (window: Item) => readonly Point[],
): Feed {
  return {
    gapless: false,
    read: (after, limit) =>
      windows.changedSince(after, Math.ceil(limit / readingsPerWindow)).map((window) => ({
        position: window.revision,
        timeMs: window.startMs,
        points: toPoints(window),
      })),
    head: () => Number.POSITIVE_INFINITY,
    waiting: (after) => windows.changedCount(after),
  };
}
