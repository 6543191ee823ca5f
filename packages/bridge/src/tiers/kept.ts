// A configuration that changed, applied to what is stored. A tier that is new is to be filled; one that is kept longer
// has what was still there; one that is no longer configured is kept up to date for a week, in case it was a mistake.

import type { DatabaseSync } from 'node:sqlite';
import type { TierWindows } from './flush.ts';
import type { Reaches } from './reach.ts';
import type { SeriesState } from './series-state.ts';
import { dayMs, type Every, everyOf, everySeconds, type Tier, tierName } from './tier.ts';

/** A tier as it was configured when the store was last opened. */
interface Kept {
  readonly every: Every;
  readonly zone: string;
  readonly keepMs: number | null;
  /** Windows that begin before it have expired. */
  readonly goneMs: number | null;
  /** Since when it is no longer configured. */
  readonly leavingMs: number | null;
}

export interface KeptTiers {
  /** Tiers that are no longer configured and still kept up to date. */
  readonly leaving: readonly Tier[];
  /** Writes down which windows have expired by now. Call inside the transaction that removes or refuses them. */
  advance(tiers: readonly TierWindows[], nowMs: number): void;
  /** A tier whose week is over; its windows are to be removed. */
  toDrop(nowMs: number): Every | undefined;
  /** Nothing is merged into it any more. */
  isDropped(every: Every): boolean;
  beginDrop(every: Every): void;
  /** After its last window. */
  forget(every: Every): void;
  reload(): void;
}

/** So long a tier that is no longer configured stays. */
const leavingMs = 7 * dayMs;
/** In place of the time since which a tier is leaving: its windows are being removed. */
const dropping = 0;

export function openKeptTiers(database: DatabaseSync, reaches: Reaches): KeptTiers {
  let kept = readKept(database);
  const write = keptWriter(database);
  const update = (tier: Kept): void => {
    write(tier);
    kept.set(tier.every, tier);
  };
  return {
    leaving: [...kept.values()].filter((tier) => tier.leavingMs !== null && tier.leavingMs !== dropping),
    advance: (tiers, nowMs) => {
      for (const { every, keepMs, windows } of tiers) {
        const tier = kept.get(every);
        if (tier === undefined || keepMs === null) continue;
        const goneMs = windows.start(nowMs - keepMs);
        if (goneMs !== tier.goneMs) update({ ...tier, goneMs });
      }
    },
    toDrop: (nowMs) =>
      [...kept.values()].find(
        (tier) =>
          tier.leavingMs !== null &&
          (tier.leavingMs === dropping || Math.abs(nowMs - tier.leavingMs) >= leavingMs),
      )?.every,
    isDropped: (every) => (kept.get(every)?.leavingMs ?? null) === dropping,
    beginDrop: (every) => {
      const tier = kept.get(every);
      if (tier !== undefined && tier.leavingMs !== dropping) update({ ...tier, leavingMs: dropping });
    },
    forget: (every) => {
      database.prepare('DELETE FROM tier_kept WHERE tier = ?').run(everySeconds(every));
      reaches.clear(every);
      kept.delete(every);
    },
    reload: () => {
      kept = readKept(database);
    },
  };
}

export interface Change {
  readonly database: DatabaseSync;
  readonly tiers: readonly TierWindows[];
  readonly timeZone: string;
  readonly series: readonly SeriesState[];
  readonly reaches: Reaches;
  readonly nowMs: number;
  /** Whether the clock is right: only then it bounds what has expired. */
  readonly isSynced: boolean;
  readonly report: (text: string) => void;
}

/** Once, when the store is opened; inside a transaction. */
export function applyConfiguration(change: Change): void {
  const { database, tiers, timeZone, series, nowMs, report } = change;
  const write = keptWriter(database);
  const removeAll = database.prepare('DELETE FROM tier_window WHERE tier = ?');
  const removeBefore = database.prepare('DELETE FROM tier_window WHERE tier = ? AND start < ?');
  const kept = readKept(database);
  if (kept.size === 0) adopt(change, kept);
  for (const tier of tiers) {
    const { every, keepMs } = tier;
    const zone = every === 'day' ? timeZone : '';
    const before = kept.get(every);
    const now = { every, zone, keepMs, goneMs: before?.goneMs ?? null, leavingMs: null };
    if (before === undefined || before.leavingMs === dropping) {
      removeAll.run(everySeconds(every));
      fillAll(change, tier);
      write({ ...now, goneMs: null });
      if (series.length > 0)
        report(`The tier ${tierName(every)} is new: it is filled from what is still there.`);
      continue;
    }
    if (before.zone !== zone) {
      fillAll(change, tier);
      report(
        `Days are those of ${zone} now, not of ${before.zone}: they are made anew from what is still there.`,
      );
    } else if (isLonger(keepMs, before.keepMs) && before.goneMs !== null) {
      const goneMs = boundedGone(change, before);
      // Of what has expired some may be there still, without the readings that came late.
      removeBefore.run(everySeconds(every), goneMs / 1_000);
      keepFrom(change, tier, goneMs);
      now.goneMs = null;
      const since = new Date(before.goneMs).toISOString();
      report(
        `The tier ${tierName(every)} is kept longer than before: what is older than ${since} has gone, and is filled from what is still there.`,
      );
    }
    write(now);
  }
  for (const tier of kept.values()) {
    if (tier.leavingMs !== null || tiers.some(({ every }) => every === tier.every)) continue;
    write({ ...tier, leavingMs: nowMs });
    report(
      `The tier ${tierName(tier.every)} is not configured any more (store.tiers): its windows go in ${leavingMs / dayMs} days, unless it is configured again.`,
    );
  }
}

const isLonger = (keepMs: number | null, beforeMs: number | null): boolean =>
  beforeMs !== null && (keepMs === null || keepMs > beforeMs);

/** A clock that was wrong for a while must not hide what has come since. */
const boundedGone = ({ nowMs, isSynced }: Change, { goneMs, keepMs }: Kept): number =>
  isSynced ? Math.min(goneMs ?? 0, nowMs - (keepMs ?? 0)) : (goneMs ?? 0);

function fillAll({ series, reaches }: Change, { every, windows }: TierWindows): void {
  for (const { id, newestMs } of series) {
    reaches.set(every, id, { fromMs: windows.end(newestMs), isFilling: true });
  }
}

function keepFrom({ series, reaches }: Change, { every, windows }: TierWindows, goneMs: number): void {
  for (const { id, firstMs, newestMs } of series) {
    const known = reaches.get(every, id)?.fromMs ?? 0;
    const fromMs = Math.max(known, windows.start(Math.min(goneMs, windows.end(newestMs))));
    if (firstMs < fromMs) reaches.set(every, id, { fromMs, isFilling: true });
  }
}

/** A store from before tiers were written down: those that have windows were configured. */
function adopt({ database, tiers, timeZone, nowMs }: Change, kept: Map<Every, Kept>): void {
  const rows = database.prepare('SELECT tier, min(start) AS first FROM tier_window GROUP BY tier').all();
  for (const row of rows) {
    const every = everyOf(Number(row['tier']));
    const keepMs = tiers.find((tier) => tier.every === every)?.keepMs ?? null;
    const zone = every === 'day' ? timeZone : '';
    const goneMs = keepMs === null ? null : Math.min(nowMs, Number(row['first']) * 1_000);
    kept.set(every, { every, zone, keepMs, goneMs, leavingMs: null });
  }
}

const readKept = (database: DatabaseSync): Map<Every, Kept> => {
  const orNull = (value: unknown): number | null => (value === null ? null : Number(value));
  const rows = database.prepare('SELECT tier, zone, keep_ms, gone_ms, leaving_ms FROM tier_kept').all();
  return new Map(
    rows.map((row) => {
      const every = everyOf(Number(row['tier']));
      const times = { keepMs: orNull(row['keep_ms']), goneMs: orNull(row['gone_ms']) };
      return [every, { every, zone: String(row['zone']), ...times, leavingMs: orNull(row['leaving_ms']) }];
    }),
  );
};

function keptWriter(database: DatabaseSync): (tier: Kept) => void {
  const put = database.prepare('INSERT OR REPLACE INTO tier_kept VALUES (?, ?, ?, ?, ?)');
  return ({ every, zone, keepMs, goneMs, leavingMs: sinceMs }) =>
    void put.run(everySeconds(every), zone, keepMs, goneMs, sinceMs);
}
