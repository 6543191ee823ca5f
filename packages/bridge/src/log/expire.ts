// Retention: the oldest groups go by age, and by size of the whole store. A call does a bounded slice of work;
// pages that become free are used again, so that the file does not outgrow its bound.

import { decodeUndamaged } from './group.ts';
import type { HeldGroup } from './groups.ts';
import type { Parts } from './parts.ts';

export interface Retention {
  readonly clockSynced: () => boolean;
  readonly rawMs: number;
  readonly bytesMax: number;
  readonly report: (text: string) => void;
}

/** Of one call. */
const groupsMax = 500;
const readingsMax = 5_000;
const streamsMax = 500;
const pagesMax = 256;
/** Expiry by size begins here, so that what comes between two calls and the write-ahead log have room as well. */
const fullShare = 0.95;
const saidEveryMs = 86_400_000;
const pruneEveryMs = 3_600_000;

export function createExpiry(
  { store, counts, groups, streams, boots, digests }: Parts,
  { clockSynced, rawMs, bytesMax, report }: Retention,
): (nowMs: number) => number {
  const { database } = store;
  const pageCount = database.prepare('PRAGMA page_count');
  const freeCount = database.prepare('PRAGMA freelist_count');
  const pageBytes = Number(database.prepare('PRAGMA page_size').get()?.['page_size']);
  const fileBytes = (): number => pageBytes * Number(pageCount.get()?.['page_count']);
  const usedBytes = (): number => fileBytes() - pageBytes * Number(freeCount.get()?.['freelist_count']);
  let saidMs = Number.NEGATIVE_INFINITY;
  let prunedMs = Number.NEGATIVE_INFINITY;

  const remove = (group: HeldGroup): void => {
    // Damaged bytes cannot say what leads to them; what is left over finds nothing and harms nobody.
    const records = decodeUndamaged(group.bytes);
    groups.remove(group, records);
    for (const { digested, timeMs, series, payload } of records) {
      if (digested) digests.remove(timeMs, series, payload);
    }
    counts.add('expired', group.count);
  };

  const removeOldest = (agedMs: number): { readings: number; bySize?: HeldGroup } => {
    let readings = 0;
    let bySize: HeldGroup | undefined;
    for (let count = 0; count < groupsMax && readings < readingsMax; count++) {
      const oldest = groups.after(0);
      if (oldest === undefined) break;
      if (oldest.receivedMs >= agedMs) {
        if (usedBytes() <= fullShare * bytesMax) break;
        bySize = oldest;
        counts.add('bound:expired_by_size', oldest.count);
      }
      remove(oldest);
      readings += oldest.count;
    }
    counts.save();
    return { readings, ...(bySize ? { bySize } : {}) };
  };

  /** Again with the next call when there is more. */
  const prune = (nowMs: number): void => {
    if (nowMs < prunedMs + pruneEveryMs) return;
    const { aged, excess } = transact(() => {
      const forgotten = streams.prune(nowMs, streamsMax);
      const boot = boots.prune(nowMs);
      if (forgotten.excess > 0) counts.add('bound:stream_forgotten', forgotten.excess);
      if (boot > 0) counts.add('bound:boot_forgotten', boot);
      counts.save();
      return forgotten;
    });
    if (Math.max(aged, excess) < streamsMax) prunedMs = nowMs;
    if (excess > 0) {
      report(
        `More than a million starts of agents are remembered: the longest unused are forgotten, and a repeat of their readings would not be known. Does something publish with a new _stream every time?`,
      );
    }
  };

  return (nowMs) => {
    const synced = clockSynced();
    const { readings, bySize } = transact(() =>
      removeOldest(synced ? nowMs - rawMs : Number.NEGATIVE_INFINITY),
    );
    if (synced) prune(nowMs);
    if (fileBytes() > bytesMax) database.exec(`PRAGMA incremental_vacuum(${pagesMax})`);
    if (bySize && nowMs >= saidMs + saidEveryMs) {
      saidMs = nowMs;
      report(
        `The store has reached its size (store.max_size, ${bytesMax} bytes): the oldest readings go before their time, those received until ${new Date(bySize.receivedMs).toISOString()} are gone.`,
      );
    }
    return readings;
  };

  function transact<Result>(work: () => Result): Result {
    try {
      return store.transaction(work);
    } catch (error) {
      counts.reload();
      throw error;
    }
  }
}
