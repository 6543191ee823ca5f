// The outbox's files as one thing, changed by one caller at a time: appends, marks, removals.

import { type FileHandle, open } from 'node:fs/promises';
import type { Entry, SequenceRange } from './entry.ts';
import { type Evicted, openEvicted } from './evicted.ts';
import { fileMode, removeFile, syncDirectory } from './files.ts';
import { rangesIndex, toRanges } from './ranges.ts';
import {
  appendDone,
  count,
  donePath,
  listSegments,
  logPath,
  newSegment,
  readWaiting,
  type Segment,
  type StoredEntry,
  scanSegment,
  settle,
} from './segment.ts';

export interface Store {
  readonly directory: string;
  readonly bytesMax: number;
  readonly segmentBytes: number;
  /** Oldest first. */
  readonly segments: Map<number, Segment>;
  readonly evicted: Evicted;
  tail: Tail | undefined;
  /** Number of the newest segment ever used. */
  newest: number;
  readonly counters: StoreCounters;
}

export interface StoreCounters {
  /** Readings that were taken off because they were delivered, since the outbox was opened. */
  confirmed: number;
  /** Readings given up since the outbox was opened. */
  evicted: number;
  /** Bytes that belonged to no sound record when the outbox was opened. */
  corruptBytes: number;
  /** Times that the files could not be tidied: at worst a reading comes twice, which is harmless. */
  untidied: number;
}

/** A segment is what is given up at once and what is read at once. */
const segmentBytesMax = 256 * 1024;
const segmentsMin = 8;

/** The segment that takes appends. */
interface Tail {
  readonly handle: FileHandle;
  readonly segment: Segment;
  nameSynced: boolean;
}

export interface Encoded {
  readonly entry: Entry;
  readonly frame: Buffer;
}

/** Reads what is there; removes what is of no use any more. */
export async function openStore(directory: string, bytesMax: number): Promise<Store> {
  const evicted = await openEvicted(directory);
  const { segments, orphans } = await listSegments(directory);
  for (const number of orphans) await removeFile(donePath(directory, number));
  const store: Store = {
    directory,
    bytesMax,
    segmentBytes: Math.min(segmentBytesMax, Math.floor(bytesMax / segmentsMin)),
    segments: new Map(),
    evicted,
    tail: undefined,
    newest: segments.at(-1) ?? 0,
    counters: { confirmed: 0, evicted: 0, corruptBytes: 0, untidied: 0 },
  };
  const isEvicted = rangesIndex(evicted.ranges());
  for (const number of segments) {
    const { segment, entries, corruptBytes } = await scanSegment(directory, number);
    store.segments.set(number, segment);
    store.counters.corruptBytes += corruptBytes;
    // Given up before a cut, but not yet marked.
    const unmarked = entries.filter((entry) => isEvicted(entry) && settle(segment, entry));
    if (unmarked.length > 0) await appendDone(directory, segment, toRanges(unmarked), true);
    if (segment.waiting === 0) await removeSegment(store, segment);
  }
  const last = store.segments.get(store.newest);
  if (last !== undefined) await openTail(store, last);
  return store;
}

/** Appends a group with one sync; afterwards a power cut cannot take it. All of it or, when it throws, nothing. */
export async function appendGroup(store: Store, group: readonly Encoded[]): Promise<StoredEntry[]> {
  const bytes = Buffer.concat(group.map(({ frame }) => frame));
  await makeRoom(store, bytes.length);
  const tail = await tailFor(store, bytes.length);
  const { segment } = tail;
  try {
    await tail.handle.writeFile(bytes);
    await tail.handle.datasync();
    if (!tail.nameSynced) await syncDirectory(store.directory);
    tail.nameSynced = true;
  } catch (error) {
    await abandonTail(store, tail);
    throw error;
  }
  return group.map(({ entry, frame }) => {
    segment.logBytes += frame.length;
    count(segment, entry);
    return { ...entry, segment: segment.number, end: segment.logBytes };
  });
}

async function tailFor(store: Store, bytes: number): Promise<Tail> {
  const { tail } = store;
  if (tail !== undefined) {
    if (tail.segment.logBytes + bytes <= store.segmentBytes) return tail;
    await tail.handle.close();
    store.tail = undefined;
  }
  return openTail(store, newSegment(store.newest + 1));
}

/** Takes a segment for appending; its name may be unsynced whoever made it. */
async function openTail(store: Store, segment: Segment): Promise<Tail> {
  const handle = await open(logPath(store.directory, segment.number), 'a', fileMode);
  store.newest = Math.max(store.newest, segment.number);
  store.segments.set(segment.number, segment);
  store.tail = { handle, segment, nameSynced: false };
  return store.tail;
}

/**
 * After a failed write nothing is known about the end of the file: what was rejected is cut off and the next append
 * begins a new segment. Should even the cut fail, a rejected reading may be delivered after a restart; that is harmless.
 */
async function abandonTail(store: Store, { handle, segment }: Tail): Promise<void> {
  store.tail = undefined;
  const untidied = (): void => {
    store.counters.untidied += 1;
  };
  await handle.truncate(segment.logBytes).catch(untidied);
  await handle.close().catch(untidied);
  if (segment.waiting === 0) await removeSegment(store, segment).catch(untidied);
}

async function makeRoom(store: Store, bytes: number): Promise<void> {
  for (const segment of store.segments.values()) {
    if (usedBytes(store) + bytes <= store.bytesMax) return;
    await giveUp(store, segment, await readWaiting(store.directory, segment));
    await removeSegment(store, segment);
  }
}

export function usedBytes({ segments }: Store): number {
  let bytes = 0;
  for (const { logBytes, doneBytes } of segments.values()) bytes += logBytes + doneBytes;
  return bytes;
}

/** Gives up every synced entry measured before a time. An unsynced time says nothing about the age. */
export async function giveUpBefore(store: Store, timeMs: number): Promise<void> {
  for (const segment of store.segments.values()) {
    const entries = await readWaiting(store.directory, segment);
    const old = entries.filter((entry) => entry.synced && entry.timeMs < timeMs);
    if (old.length === 0 && entries.some(({ synced }) => synced)) return;
    await giveUp(store, segment, old);
  }
}

/** Announced before it is marked: after a cut in between, the next start marks it. */
async function giveUp(store: Store, segment: Segment, entries: readonly StoredEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const ranges = toRanges(entries);
  await store.evicted.add(ranges);
  for (const entry of entries) settle(segment, entry);
  store.counters.evicted += entries.length;
  await markDone(store, segment, ranges, true);
}

export async function markDone(
  store: Store,
  segment: Segment,
  ranges: readonly SequenceRange[],
  synced: boolean,
): Promise<void> {
  if (store.segments.get(segment.number) !== segment) return;
  if (segment.waiting === 0) await removeSegment(store, segment);
  else await appendDone(store.directory, segment, ranges, synced);
}

/** The log goes first: marks without a log are removed at the next start, a log without marks would come again. */
async function removeSegment(store: Store, segment: Segment): Promise<void> {
  const { tail, directory } = store;
  if (!store.segments.delete(segment.number)) return;
  if (tail?.segment === segment) {
    store.tail = undefined;
    await tail.handle.close();
  }
  await removeFile(logPath(directory, segment.number));
  await syncDirectory(directory);
  await removeFile(donePath(directory, segment.number));
}
