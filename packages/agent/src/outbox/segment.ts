// A segment: two files of frames. <number>.log holds entries, in the order in which they were accepted;
// <number>.done holds the ranges of what was confirmed or given up, by identity, so that marks never fit another entry.

import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Entry, identityOf, readEntry, readRange, type SequenceRange, writeRange } from './entry.ts';
import { fileMode, readFileOrEmpty } from './files.ts';
import { encodeFrame, readFrames } from './frame.ts';
import { rangesIndex } from './ranges.ts';

/** What is kept in memory of a segment. */
export interface Segment {
  readonly number: number;
  logBytes: number;
  doneBytes: number;
  /** How many entries wait, also by topic. */
  waiting: number;
  readonly topics: Map<string, number>;
  /** Identities of the entries that wait no longer. */
  readonly settled: Set<string>;
}

/** An entry and where it lies. */
export interface StoredEntry extends Entry {
  readonly segment: number;
  /** End of its frame in the segment. */
  readonly end: number;
}

const segmentName = /^(\d{8})\.(log|done)$/;

export const logPath = (directory: string, number: number): string => segmentPath(directory, number, 'log');
export const donePath = (directory: string, number: number): string => segmentPath(directory, number, 'done');
const segmentPath = (directory: string, number: number, kind: string): string =>
  join(directory, `${String(number).padStart(8, '0')}.${kind}`);

export const newSegment = (number: number): Segment => ({
  number,
  logBytes: 0,
  doneBytes: 0,
  waiting: 0,
  topics: new Map(),
  settled: new Set(),
});

/** Numbers of the segments, and of marks whose segment is gone. */
export async function listSegments(directory: string): Promise<{ segments: number[]; orphans: number[] }> {
  const numbers = { log: new Set<number>(), done: new Set<number>() };
  for (const name of await readdir(directory)) {
    const [, number, kind] = segmentName.exec(name) ?? [];
    if (number !== undefined) numbers[kind === 'log' ? 'log' : 'done'].add(Number(number));
  }
  return {
    segments: [...numbers.log].sort((a, b) => a - b),
    orphans: [...numbers.done].filter((number) => !numbers.log.has(number)),
  };
}

interface SegmentScan {
  readonly segment: Segment;
  readonly entries: readonly StoredEntry[];
  readonly corruptBytes: number;
}

/** Reads a segment from its files alone. */
export async function scanSegment(directory: string, number: number): Promise<SegmentScan> {
  const log = await readFileOrEmpty(logPath(directory, number));
  const done = await readFileOrEmpty(donePath(directory, number));
  const isDone = rangesIndex(readFrames(done).frames.flatMap(({ body }) => readRange(body) ?? []));
  const { entries, corruptBytes } = readEntries(log, number);
  const segment = { ...newSegment(number), logBytes: log.length, doneBytes: done.length };
  const waiting = entries.filter((entry) => {
    if (isDone(entry)) segment.settled.add(identityOf(entry));
    else count(segment, entry);
    return !isDone(entry);
  });
  return { segment, entries: waiting, corruptBytes };
}

/** The entries of a segment that still wait, oldest first. What decayed on the disk since waits no longer. */
export async function readWaiting(directory: string, segment: Segment): Promise<StoredEntry[]> {
  const log = await readFileOrEmpty(logPath(directory, segment.number));
  const { entries } = readEntries(log.subarray(0, segment.logBytes), segment.number);
  const waiting = entries.filter((entry) => !segment.settled.has(identityOf(entry)));
  if (waiting.length !== segment.waiting) {
    segment.waiting = 0;
    segment.topics.clear();
    for (const entry of waiting) count(segment, entry);
  }
  return waiting;
}

function readEntries(log: Buffer, segment: number): { entries: StoredEntry[]; corruptBytes: number } {
  const { frames, corruptBytes } = readFrames(log);
  const entries = frames.flatMap(({ body, end }) => {
    const entry = readEntry(body);
    return entry === undefined ? [] : [{ ...entry, segment, end }];
  });
  return { entries, corruptBytes };
}

export function count(segment: Segment, { topic }: Entry): void {
  segment.waiting += 1;
  segment.topics.set(topic, (segment.topics.get(topic) ?? 0) + 1);
}

/** Takes an entry off the waiting ones; false when it was none. */
export function settle(segment: Segment, entry: Entry): boolean {
  const identity = identityOf(entry);
  if (segment.settled.has(identity)) return false;
  segment.settled.add(identity);
  segment.waiting -= 1;
  const left = (segment.topics.get(entry.topic) ?? 0) - 1;
  if (left > 0) segment.topics.set(entry.topic, left);
  else segment.topics.delete(entry.topic);
  return true;
}

/** Writes down what waits no longer. Only what was given up must survive a power cut: a repeat is harmless. */
export async function appendDone(
  directory: string,
  segment: Segment,
  ranges: readonly SequenceRange[],
  synced: boolean,
): Promise<void> {
  const bytes = Buffer.concat(ranges.map((range) => encodeFrame(writeRange(range))));
  const handle = await open(donePath(directory, segment.number), 'a', fileMode);
  try {
    await handle.writeFile(bytes);
    if (synced) await handle.sync();
  } finally {
    await handle.close();
  }
  segment.doneBytes += bytes.length;
}
