// How much the store holds, for the status page.

import { statfs } from 'node:fs/promises';
import type { StoreConfiguration } from './config/configuration.ts';
import type { Holding } from './queries/holdings.ts';
import type { Store } from './store.ts';
import { type Every, everySeconds, tierName } from './tiers/tier.ts';
import type { StorageView } from './web/status-views.ts';

/** What takes a while to find out. */
export interface Measured {
  readonly holdings: readonly Holding[];
  /** Bytes that the disk of the store has left. */
  readonly free: number;
}

export function storageView(
  { database }: Pick<Store, 'database'>,
  { sizeBytesMax, retention }: Pick<StoreConfiguration, 'sizeBytesMax' | 'retention'>,
  measured?: Measured,
): StorageView {
  const pragma = (name: string): number =>
    Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const used = pragma('page_count') - pragma('freelist_count');
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
  const held = (name: string) => {
    const { rows, bytes, oldestMs } = measured?.holdings.find(({ tier }) => tier === name) ?? {};
    return {
      ...(rows === undefined ? {} : { rows }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(oldestMs === undefined ? {} : { oldest: oldestMs }),
    };
  };
  const raw = { tier: 'raw', every: 0, keep: retention.rawMs / 1000, ...held('raw') };
  const tiers = retention.tiers.map(({ every, keepMs }) => ({
    tier: tierName(every),
    every: everySeconds(every),
    keep: keepMs === null ? null : keepMs / 1000,
    ...reach(every),
    ...held(tierName(every)),
  }));
  return {
    bytes: used * pragma('page_size'),
    bytes_max: sizeBytesMax,
    ...(measured === undefined ? {} : { bytes_free: measured.free }),
    schema: schemaOf(database),
    tiers: [raw, ...tiers],
  };
}

const schemaOf = (database: Store['database']): StorageView['schema'] =>
  Object.fromEntries(
    database
      .prepare('SELECT name, version FROM store_part ORDER BY name')
      .all()
      .map(({ name, version }) => [String(name), Number(version)]),
  );

/** Nobody who looks at the page sees a store grow faster. */
const measureEveryMs = 60_000;

/** Measures beside, and only while somebody asks: an answer has what was known at the last one. */
export function openStorageView(
  store: Pick<Store, 'database' | 'file'>,
  configuration: Pick<StoreConfiguration, 'sizeBytesMax' | 'retention'>,
  holdings: () => Promise<readonly Holding[]>,
): () => StorageView {
  let measured: Measured | undefined;
  let askedMs = Number.NEGATIVE_INFINITY;
  const measure = async (): Promise<void> => {
    const [found, disk] = await Promise.all([holdings(), statfs(store.file)]);
    measured = { holdings: found, free: disk.bavail * disk.bsize };
  };
  return () => {
    const nowMs = performance.now();
    if (nowMs - askedMs >= measureEveryMs) {
      askedMs = nowMs;
      measure().catch(() => {
        // Better unknown than old; whoever reads history is told why it does not answer.
        measured = undefined;
      });
    }
    return storageView(store, configuration, measured);
  };
}
