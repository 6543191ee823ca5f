// Looks into an outbox from outside, without changing anything, also while an agent writes to it.

import { resolve } from 'node:path';
import { readEvicted } from './evicted.ts';
import { errorCode } from './files.ts';
import { lockOwner } from './lock.ts';
import { type ParkedTopic, readParked } from './parked.ts';
import { listSegments, scanSegment } from './segment.ts';

interface OutboxListing {
  readonly readings: number;
  /** On disk. */
  readonly bytes: number;
  /** Time of measuring, ms since 1970; absent when nothing waits that has a synced time. */
  readonly oldestMs?: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly readings: number;
    readonly oldestMs?: number;
  }[];
  /** What the broker refused when an agent last tried. */
  readonly parked: readonly ParkedTopic[];
  /** Readings given up and not yet announced. */
  readonly evicted: number;
  readonly corruptBytes: number;
  /** The process that has it open. */
  readonly openBy?: number;
}

interface TopicSum {
  readings: number;
  oldestMs: number;
}

/** undefined: there is no outbox at that path. Throws what the file system throws. */
export async function inspectOutbox(path: string): Promise<OutboxListing | undefined> {
  const directory = resolve(path);
  const listed = await listSegments(directory).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
    return undefined;
  });
  if (listed === undefined) return undefined;
  const topics = new Map<string, TopicSum>();
  let bytes = 0;
  let corruptBytes = 0;
  for (const number of listed.segments) {
    const scan = await scanSegment(directory, number);
    bytes += scan.segment.logBytes + scan.segment.doneBytes;
    corruptBytes += scan.corruptBytes;
    for (const { topic, timeMs, synced } of scan.entries) {
      const sum = topics.get(topic) ?? { readings: 0, oldestMs: Number.POSITIVE_INFINITY };
      topics.set(topic, {
        readings: sum.readings + 1,
        oldestMs: synced ? Math.min(sum.oldestMs, timeMs) : sum.oldestMs,
      });
    }
  }
  const evicted = await readEvicted(directory);
  const openBy = await lockOwner(directory);
  const sums = [...topics.values()];
  return {
    readings: sums.reduce((total, { readings }) => total + readings, 0),
    bytes,
    ...finite(Math.min(...sums.map(({ oldestMs }) => oldestMs))),
    topics: [...topics].map(([topic, { readings, oldestMs }]) => ({ topic, readings, ...finite(oldestMs) })),
    parked: (await readParked(directory)).filter(({ topic }) => topics.has(topic)),
    evicted: evicted.reduce((total, { from, to }) => total + to - from + 1, 0),
    corruptBytes,
    ...(openBy === undefined ? {} : { openBy }),
  };
}

const finite = (oldestMs: number): { oldestMs?: number } => (Number.isFinite(oldestMs) ? { oldestMs } : {});
