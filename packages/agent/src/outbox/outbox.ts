// The outbox: readings that the broker has not confirmed, on disk, oldest first, bounded by bytes and by age.
// An append is accepted when it is synced. A confirmation only has to save work: losing one repeats a reading, which
// its identity makes harmless. What is given up is announced, and remembered until the announcement was confirmed.

import { resolve } from 'node:path';
import { type Entry, type SequenceRange, writeEntry } from './entry.ts';
import { errorCode, makeDirectory } from './files.ts';
import { bodyBytesMax, encodeFrame } from './frame.ts';
import { takeLock } from './lock.ts';
import { type ParkedTopic, writeParked } from './parked.ts';
import { toRanges } from './ranges.ts';
import { readWaiting, type StoredEntry, settle } from './segment.ts';
import {
  appendGroup,
  type Encoded,
  giveUpBefore,
  markDone,
  openStore,
  type Store,
  type StoreCounters,
  usedBytes,
} from './store.ts';

interface OutboxOptions {
  readonly path: string;
  /** Of all files of readings together. */
  readonly bytesMax: number;
  readonly ageMaxMs: number;
}

/** Whatever the disk refuses comes as an OutboxError, in words for the person at the installation. */
export interface Outbox {
  /** Resolves when the entry survives a power cut; when it rejects, the entry is not kept. */
  append(entry: Entry): Promise<StoredEntry>;
  /** The next waiting entries behind a place, of the wanted topics only; empty when there are none. */
  read(after: StoredEntry | undefined, wanted: (topic: string) => boolean): Promise<readonly StoredEntry[]>;
  /** Takes entries off at once; resolves when it is written down as far as the disk lets it. */
  confirm(entries: readonly StoredEntry[]): Promise<void>;
  /** Gives up what is older than the age allows, judged by a clock that is known to be right. */
  expire(nowMs: number): Promise<void>;
  /** What was given up and not yet announced, oldest first. */
  evicted(): readonly SequenceRange[];
  /** The announcement of these was confirmed. */
  announced(ranges: readonly SequenceRange[]): Promise<void>;
  /** For whoever inspects the outbox from outside. */
  noteParked(topics: readonly ParkedTopic[]): Promise<void>;
  status(): OutboxStatus;
  /** Time of measuring of the oldest entry, ms since 1970; undefined when there is none with a synced clock. */
  oldestMs(): Promise<number | undefined>;
  /** Resolves when everything asked before is done. */
  close(): Promise<void>;
}

export interface OutboxStatus extends Readonly<StoreCounters> {
  readonly readings: number;
  readonly bytes: number;
  readonly topics: ReadonlyMap<string, number>;
}

export class OutboxError extends Error {
  /** in_use: another process writes; too_big: can never be kept; failed: the disk refused. */
  readonly code: 'in_use' | 'too_big' | 'failed';
  constructor(code: OutboxError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Opens for writing; makes what is missing. Rejects with OutboxError. */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const directory = resolve(options.path);
  try {
    await makeDirectory(directory);
    const lock = await takeLock(directory);
    if (typeof lock === 'number') {
      throw new OutboxError(
        'in_use',
        `The outbox ${directory} is in use by process ${lock}; only one may write to it.`,
      );
    }
    try {
      return outboxOf(await openStore(directory, options.bytesMax), options.ageMaxMs, lock.release);
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw explain(error, directory, 'cannot be opened');
  }
}

interface Append extends Encoded {
  readonly resolve: (stored: StoredEntry) => void;
  readonly reject: (error: OutboxError) => void;
}

function outboxOf(store: Store, ageMaxMs: number, release: () => Promise<void>): Outbox {
  const appends: Append[] = [];
  const marks: StoredEntry[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  // One caller at a time changes the files; what arrives meanwhile is done together afterwards.
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  };
  const explained = <Result>(what: string, work: () => Promise<Result>): Promise<Result> =>
    inTurn(work).catch((error: unknown) => {
      throw explain(error, store.directory, what);
    });
  return {
    append(entry) {
      const { promise, resolve, reject } = Promise.withResolvers<StoredEntry>();
      const frame = frameOf(store, entry);
      if (frame instanceof OutboxError) reject(frame);
      else if (appends.push({ entry, frame, resolve, reject }) === 1)
        void inTurn(() => flushAppends(store, appends));
      return promise;
    },
    read: (after, wanted) => explained('cannot be read', () => readBehind(store, after, wanted)),
    confirm(entries) {
      for (const entry of entries) {
        const segment = store.segments.get(entry.segment);
        if (segment === undefined || !settle(segment, entry)) continue;
        store.counters.confirmed += 1;
        marks.push(entry);
      }
      return inTurn(() => tidy(store, () => flushMarks(store, marks.splice(0))));
    },
    expire: (nowMs) =>
      explained('cannot give up what is too old', () => giveUpBefore(store, nowMs - ageMaxMs)),
    evicted: store.evicted.ranges,
    announced: (ranges) => explained('cannot note what was announced', () => store.evicted.remove(ranges)),
    noteParked: (topics) => inTurn(() => tidy(store, () => writeParked(store.directory, topics))),
    status: () => statusOf(store),
    oldestMs: () => explained('cannot be read', () => oldestMs(store)),
    close: () =>
      inTurn(async () => {
        await store.tail?.handle.close();
        await release();
      }),
  };
}

function frameOf(store: Store, entry: Entry): Buffer | OutboxError {
  const body = writeEntry(entry);
  const bytesMax = Math.min(bodyBytesMax, store.segmentBytes);
  const bytes = Buffer.byteLength(body);
  if (bytes <= bytesMax) return encodeFrame(body);
  return new OutboxError(
    'too_big',
    `A reading of ${entry.topic} has ${bytes} bytes; the outbox ${store.directory} keeps at most ${bytesMax} each.`,
  );
}

async function flushAppends(store: Store, appends: Append[]): Promise<void> {
  while (appends.length > 0) {
    const group = takeGroup(appends, store.segmentBytes);
    try {
      const stored = await appendGroup(store, group);
      for (const [index, entry] of stored.entries()) group[index]?.resolve(entry);
    } catch (error) {
      const explained = explain(error, store.directory, 'cannot keep a reading');
      for (const { reject } of group) reject(explained);
    }
  }
}

/** As many as fit into one segment, at least one. */
function takeGroup(appends: Append[], bytesMax: number): Append[] {
  let end = 0;
  for (let bytes = 0; end < appends.length; end += 1) {
    bytes += appends[end]?.frame.length ?? 0;
    if (bytes > bytesMax) break;
  }
  return appends.splice(0, Math.max(1, end));
}

async function flushMarks(store: Store, entries: readonly StoredEntry[]): Promise<void> {
  for (const [number, settled] of Map.groupBy(entries, ({ segment }) => segment)) {
    const segment = store.segments.get(number);
    if (segment !== undefined) await markDone(store, segment, toRanges(settled), false);
  }
}

/** For what only saves work: a failure is counted, and costs a repeat. */
async function tidy(store: Store, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch {
    store.counters.untidied += 1;
  }
}

async function readBehind(
  store: Store,
  after: StoredEntry | undefined,
  wanted: (topic: string) => boolean,
): Promise<readonly StoredEntry[]> {
  for (const segment of store.segments.values()) {
    if (segment.number < (after?.segment ?? 0) || ![...segment.topics.keys()].some(wanted)) continue;
    const from = segment.number === after?.segment ? after.end : 0;
    const entries = await readWaiting(store.directory, segment);
    const found = entries.filter(({ end, topic }) => end > from && wanted(topic));
    if (found.length > 0) return found;
  }
  return [];
}

async function oldestMs(store: Store): Promise<number | undefined> {
  for (const segment of store.segments.values()) {
    const entries = await readWaiting(store.directory, segment);
    const times = entries.filter(({ synced }) => synced).map(({ timeMs }) => timeMs);
    if (times.length > 0) return Math.min(...times);
  }
  return undefined;
}

function statusOf(store: Store): OutboxStatus {
  const topics = new Map<string, number>();
  let readings = 0;
  for (const segment of store.segments.values()) {
    readings += segment.waiting;
    for (const [topic, count] of segment.topics) topics.set(topic, (topics.get(topic) ?? 0) + count);
  }
  return { ...store.counters, readings, bytes: usedBytes(store), topics };
}

function explain(error: unknown, directory: string, what: string): OutboxError {
  if (error instanceof OutboxError) return error;
  const advice: { readonly [code: string]: string } = {
    ENOSPC: 'the disk is full; free some space',
    EDQUOT: 'the disk quota is used up; free some space',
    EACCES: 'this user may not write there; give the directory and its files to the user the agent runs as',
    EPERM: 'this user may not write there; give the directory and its files to the user the agent runs as',
    EEXIST: 'a file stands where a directory is expected; name another path',
    ENOTDIR: 'a file stands where a directory is expected; name another path',
    EROFS: 'the file system is mounted read-only',
    EIO: 'the disk reports errors; it may be failing',
  };
  const reason = error instanceof Error ? error.message : String(error);
  const known = advice[errorCode(error) ?? ''];
  return new OutboxError(
    'failed',
    `The outbox ${directory} ${what}: ${known ?? reason}${known ? ` (${reason})` : ''}.`,
    error,
  );
}
