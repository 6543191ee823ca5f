// What a change of a device means for the sinks. A point is removed only where the store can write it again under the
// new name: what is older stays in the sink as it is.

import type { DatabaseSync } from 'node:sqlite';
import { readRaw } from '../log/raw.ts';
import type { SeriesKey } from '../message.ts';
import { tagsOf } from '../sinks/point.ts';
import type { Remake } from '../sinks/remake.ts';
import type { Removal } from '../sinks/sink.ts';
import { createSeriesFinder } from '../tiers/series-table.ts';
import { everySeconds, type Tier, tierName } from '../tiers/tier.ts';
import type { DeviceChange } from './device-change.ts';

/** To be asked before the store is changed. */
export function remakeOf(database: DatabaseSync, tiers: readonly Tier[], change: DeviceChange): Remake {
  const tags = tagsOf(change.from, undefined);
  if (change.is === 'delete') {
    const all = ['raw', ...tiers.map(({ every }) => tierName(every))];
    return { removals: all.map((tier) => ({ tier, tags, fromMs: 0 })), readings: () => [] };
  }
  return {
    removals: [{ tier: 'raw', tags, fromMs: rawReach(database) }, ...ofTiers(database, tiers, change.from)],
    readings: () => rawOf(database, change.into),
  };
}

/** The log has every reading that was measured after it: what is measured later is received later. */
function rawReach(database: DatabaseSync): number {
  const oldest = database
    .prepare('SELECT last - count AS before, received_ms FROM log_group ORDER BY last LIMIT 1')
    .get();
  return oldest === undefined || oldest['before'] === 0 ? 0 : Number(oldest['received_ms']);
}

function ofTiers(database: DatabaseSync, tiers: readonly Tier[], key: SeriesKey): Removal[] {
  const series = createSeriesFinder(database)(key);
  if (series === undefined) return [];
  const oldest = database.prepare(
    'SELECT min(start) AS start FROM tier_window WHERE tier = ? AND series = ?',
  );
  return tiers.flatMap(({ every }) => {
    const start = oldest.get(everySeconds(every), series.id)?.['start'];
    if (typeof start !== 'number') return [];
    return [{ tier: tierName(every), tags: tagsOf(key, undefined), fromMs: start * 1_000 }];
  });
}

function rawOf(database: DatabaseSync, { topic, agent }: SeriesKey) {
  const row = database.prepare('SELECT id FROM log_series WHERE topic = ? AND agent = ?').get(topic, agent);
  if (row === undefined) return [];
  return readRaw(database, { series: Number(row['id']), fromMs: 0, toMs: Number.MAX_SAFE_INTEGER });
}
