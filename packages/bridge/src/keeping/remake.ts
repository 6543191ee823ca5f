// What a change of a device means for the sinks, and what the store says of it later.

import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { openRawHistory, readRaw } from '../log/raw.ts';
import { holderOf, idsOf } from '../log/series-join.ts';
import type { SeriesKey } from '../message.ts';
import { tagsOf } from '../sinks/point.ts';
import type { Past } from '../sinks/remake.ts';
import type { NameChange } from '../sinks/remake-ledger.ts';
import { rawTier } from '../sinks/sink.ts';
import { showTierSeries } from '../tiers/join.ts';
import { createSeriesFinder } from '../tiers/series-table.ts';
import { everySeconds, type Tier, tierName } from '../tiers/tier.ts';
import type { DeviceChange } from './device-change.ts';

/** To be asked in the transaction, before the change. */
export function nameChangesOf(
  database: DatabaseSync,
  tiers: readonly Tier[],
  change: DeviceChange,
): readonly NameChange[] {
  const series = holderOf(database, change.from);
  const names = series === undefined ? [] : idsOf(database, series.id);
  const endMs = 1 + newestOf(database, names);
  if (change.is !== 'delete') {
    const raw = { tier: rawTier, fromMs: openRawHistory(database).heldFromMs() };
    const reaches = [raw, ...reachesOf(database, tiers, change.from)];
    return [{ from: change.from, into: change.into, reaches, endMs }];
  }
  const all = [rawTier, ...tiers.map(({ every }) => tierName(every))];
  const reaches = all.map((tier) => ({ tier, fromMs: 0 }));
  // What was older than the log when it was renamed has an earlier name.
  const select = database.prepare('SELECT topic, agent FROM log_series WHERE id = ?');
  return names.flatMap((id) => {
    const row = select.get(id);
    const from = row && { topic: String(row['topic']), agent: String(row['agent']) };
    return from === undefined ? [] : [{ from, reaches, endMs }];
  });
}

function newestOf(database: DatabaseSync, ids: readonly number[]): number {
  const newest = database.prepare('SELECT newest_ms FROM log_series WHERE id = ?');
  return Math.max(0, ...ids.map((id) => Number(newest.get(id)?.['newest_ms'] ?? 0)));
}

function reachesOf(database: DatabaseSync, tiers: readonly Tier[], key: SeriesKey) {
  const series = createSeriesFinder(database)(key);
  if (series === undefined) return [];
  const oldest = database.prepare(
    'SELECT min(start) AS start FROM tier_window WHERE tier = ? AND series = ?',
  );
  return tiers.flatMap(({ every }) => {
    const start = oldest.get(everySeconds(every), series.id)?.['start'];
    return typeof start === 'number' ? [{ tier: tierName(every), fromMs: start * 1_000 }] : [];
  });
}

export function openPast(database: DatabaseSync): Past {
  return {
    holder: (name) => holderOf(database, name)?.key,
    namesake: (name) => {
      const tags = tagsOf(name, undefined);
      const all = database.prepare('SELECT topic, agent FROM log_series WHERE joined IS NULL').all();
      return all
        .map((row) => ({ topic: String(row['topic']), agent: String(row['agent']) }))
        .find((key) => key.topic !== name.topic && isDeepStrictEqual(tagsOf(key, undefined), tags));
    },
    readings: (key) => {
      const series = holderOf(database, key);
      if (series === undefined) return [];
      return readRaw(database, { series: series.id, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER });
    },
    rawFromMs: openRawHistory(database).heldFromMs,
    showWindows: (key) => void showTierSeries(database, key),
  };
}
