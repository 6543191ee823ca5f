// How much the store holds, for the status page.

import type { StoreConfiguration } from './config/configuration.ts';
import type { Store } from './store.ts';
import { type Every, everySeconds, tierName } from './tiers/tier.ts';
import type { StorageView } from './web/api.ts';

export function storageView(
  { database }: Pick<Store, 'database'>,
  { sizeBytesMax, retention }: StoreConfiguration,
): StorageView {
  const pragma = (name: string): number =>
    Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const used = pragma('page_count') - pragma('freelist_count');
  const raw = { tier: 'raw', every: 0, keep: retention.rawMs / 1000 };
  const selectReach = database.prepare(
    'SELECT max(from_ms) AS since, max(filling) AS filling FROM tier_reach WHERE tier = ?',
  );
  const reach = (every: Every) => {
    const { since, filling } = selectReach.get(everySeconds(every)) ?? {};
    return {
      ...(typeof since === 'number' ? { from: since } : {}),
      ...(filling === 1 ? { filling: true as const } : {}),
    };
  };
  const tiers = retention.tiers.map(({ every, keepMs }) => ({
    tier: tierName(every),
    every: everySeconds(every),
    keep: keepMs === null ? null : keepMs / 1000,
    ...reach(every),
  }));
  return { bytes: used * pragma('page_size'), bytes_max: sizeBytesMax, tiers: [raw, ...tiers] };
}
