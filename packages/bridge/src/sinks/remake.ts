// A change of the past in a store that can remove points: those of a name that is none any more are removed, and readings
// are written under the name they have now. What a store gets follows from what the log says now, whatever was changed
// in between: so it may be done twice, or after other changes, and a name may have been given anew.

import type { SeriesKey, StoredReading } from '../message.ts';
import type { FeedItem } from './feeds.ts';
import { readingPoints, tagsOf } from './point.ts';
import type { WaitingChange } from './remake-ledger.ts';
import { type ReplayParts, writeItems } from './replay.ts';
import { RefusedError, type Removal, rawTier, type Sink } from './sink.ts';

/** What the store says now of what was. */
export interface Past {
  /** Whose readings those of a name are now; `undefined`: nobody's. */
  holder(name: SeriesKey): SeriesKey | undefined;
  /** Another series whose points have the same tags. */
  namesake(name: SeriesKey): SeriesKey | undefined;
  readings(series: SeriesKey): Iterable<StoredReading>;
  /** The log has every reading of this time and later; the end of time: it has none any more. */
  rawFromMs(): number;
  /** Gives the windows of a series to all sinks once more. The caller holds the transaction. */
  showWindows(series: SeriesKey): void;
}

export interface RemakeParts extends Pick<ReplayParts, 'clock' | 'clockSynced'> {
  readonly sink: ReplayParts['sink'] & Pick<Sink, 'remove' | 'move'>;
  readonly past: Past;
}

export interface Remade {
  /** What was done, or is to be done by hand. */
  readonly words: string;
  /** Their windows are to be written once more. */
  readonly again: readonly SeriesKey[];
}

const batchReadings = 2_000;

/** How far an earlier try came: what was written then need not be written for each further one. */
export interface RemakeTries {
  /** Id of the last change of that try. */
  writtenUpTo: number;
}

/** All changes that wait, in one. @throws UnavailableError Then it is to be done again. */
export async function remake(
  parts: RemakeParts,
  changes: readonly WaitingChange[],
  tries: RemakeTries,
): Promise<Remade> {
  const { sink, past } = parts;
  if (sink.remove === undefined)
    return { words: 'what it has stays there under the old name, this kind of store cannot', again: [] };
  const names = new Set(changes.map(({ from }) => textOf(from)));
  const holders = holdersOf(past, changes);
  const isRemoved = (series: SeriesKey): boolean => names.has(textOf(series));
  await sink.prepare?.();
  // What can be written again has been, before the old is removed.
  const last = changes.at(-1)?.id ?? 0;
  let written = 0;
  if (tries.writtenUpTo !== last) {
    const kept = holders.filter((each) => !isRemoved(each));
    written += await write(parts, kept);
    tries.writtenUpTo = last;
  }
  const refusals = new Set<string>();
  for (const change of changes) {
    const shared = sharedWith(past, change);
    if (shared !== undefined) {
      refusals.add(shared);
      continue;
    }
    const removals = removalsOf(past, change);
    await sink.remove(removals).catch((error: unknown) => {
      if (!(error instanceof RefusedError)) throw error;
      refusals.add(error.message);
    });
  }
  // A name that somebody has again lost points of today.
  const again = holders.filter(isRemoved);
  written += await write(parts, again);
  const result =
    refusals.size === 0
      ? 'the old name is removed'
      : `what it has stays there under the old name: ${[...refusals].join('; ')}`;
  return { words: `${result}${written === 0 ? '' : saidOf(written)}`, again };
}

/** Points of two series that a store cannot tell apart stay. In words. */
export function sharedWith(past: Past, { from }: WaitingChange): string | undefined {
  const other = past.namesake(from);
  return other && `it cannot tell ${from.topic} from ${other.topic}`;
}

const saidOf = (written: number): string => `; ${written} readings are written again, windows follow`;

/** Series that have readings now which had one of the names. */
function holdersOf(past: Past, changes: readonly WaitingChange[]): readonly SeriesKey[] {
  const found = changes
    .flatMap(({ from, into }) => [into, from])
    .flatMap((name) => name && (past.holder(name) ?? []));
  return [...new Map(found.flatMap((key) => (key ? [[textOf(key), key] as const] : []))).values()];
}

/** A point goes only where it can be written again, or where its device went too. */
function removalsOf(past: Past, { from, into, reaches, endMs }: WaitingChange): readonly Removal[] {
  const tags = tagsOf(from, undefined);
  const holder = past.holder(from);
  const isNameAgain = holder !== undefined && textOf(holder) === textOf(from);
  const isGone = into === undefined || past.holder(into) === undefined;
  const end = isGone && isNameAgain ? { toMs: endMs } : {};
  const startOf = ({ tier, fromMs }: WaitingChange['reaches'][number]): number => {
    if (into === undefined) return 0;
    return tier === rawTier && !isGone ? Math.max(fromMs, past.rawFromMs()) : fromMs;
  };
  return reaches
    .map((reach) => ({ tier: reach.tier, tags, fromMs: startOf(reach), ...end }))
    .filter(({ fromMs }) => fromMs < Number.MAX_SAFE_INTEGER);
}

/** Returns how many. What the store refused once it refuses again: that is known and counted already. */
async function write(parts: RemakeParts, series: readonly SeriesKey[]): Promise<number> {
  let count = 0;
  for (const each of series) {
    for (const items of batchesOf(parts.past.readings(each))) {
      await writeItems(items, { ...parts, keepRefused: () => undefined });
      count += items.length;
    }
  }
  return count;
}

function* batchesOf(readings: Iterable<StoredReading>): Generator<readonly FeedItem[]> {
  let batch: FeedItem[] = [];
  for (const reading of readings) {
    batch.push({
      position: reading.position,
      timeMs: reading.timeMs,
      points: reading.waits ? [] : readingPoints(reading),
    });
    if (batch.length < batchReadings) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const textOf = ({ topic, agent }: SeriesKey): string => JSON.stringify([topic, agent]);
