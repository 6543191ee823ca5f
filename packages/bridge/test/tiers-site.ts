// Tiers over a log in memory, on a store that outlives them; and a sink that follows their changes.

import { DatabaseSync } from 'node:sqlite';
import type { Value } from '@wattline/protocols';
import { expect } from 'vitest';
import type { StoredReading } from '../src/message.ts';
import type { TiersOptions } from '../src/tiers/engine.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { publish } from '../src/tiers/published.ts';
import { tierSchema } from '../src/tiers/schema.ts';
import { dayMs, type Tier } from '../src/tiers/tier.ts';
import { createTiers, type Tiers } from '../src/tiers/tiers.ts';
import type { Batch } from './tiers-batch.ts';

export const every = [120, 300, 1_800, 7_200];
export const forEver: readonly Tier[] = [...every, 'day' as const].map((each) => ({
  every: each,
  keepMs: null,
}));
export const kinds = {
  battery_voltage: 'gauge',
  other_number: 'gauge',
  pv_energy_today: 'counter',
  charge_state: 'text',
  other_flag: 'flag',
  other_list: 'flags',
} as const;
export const timeZone = 'Europe/Rome';
export const days = createLocalDays(timeZone);
export const options = { kinds, every, timeZone };

function emptyDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  for (const migration of tierSchema.migrations) database.exec(migration);
  return database;
}

/** A log in memory, with tiers on a store that outlives them. */
export function createSite(
  tiers: readonly Tier[] = forEver,
  rawMs = 1_000 * dayMs,
  database = emptyDatabase(),
  more: Pick<TiersOptions, 'openEveryMs'> = {},
  localDays = days,
) {
  const stored: StoredReading[] = [];
  const ever: StoredReading[] = [];
  const reports: string[] = [];
  let listener: (readings: readonly StoredReading[]) => void = () => undefined;
  let fails = false;
  let head = 0;
  const site = {
    nowMs: Date.parse('2026-12-01T00:00:00Z'),
    clockSynced: true,
    database,
    reports,
    stored,
    tiers: undefined as unknown as Tiers,
    add: (readings: readonly Omit<StoredReading, 'position'>[], isHeard = true): void => {
      const placed = readings.map((reading, i) => ({ ...reading, position: head + i + 1 }));
      head += placed.length;
      stored.push(...placed);
      ever.push(...placed);
      if (isHeard) listener(placed);
    },
    restart: (): void => {
      site.tiers = createTiers({
        ...more,
        store: {
          database,
          transaction: (work) => {
            database.exec('BEGIN');
            try {
              const result = work();
              if (fails) throw new Error('disk full');
              database.exec('COMMIT');
              return result;
            } catch (error) {
              database.exec('ROLLBACK');
              throw error;
            }
          },
        },
        log: {
          read: (after, limit) => stored.filter(({ position }) => position > after).slice(0, limit),
          head: () => head,
          raw: {
            // What is taken out of `stored` has expired.
            heldFromMs: () => {
              const held = new Set(stored.map(({ position }) => position));
              const gone = ever.filter(({ position }) => !held.has(position));
              return gone.reduce((latest, { timeMs }) => Math.max(latest, timeMs + 1), 0);
            },
            read: ({ topic }, fromMs, toMs) =>
              stored.filter(
                ({ series, timeMs }) => series.topic === topic && timeMs >= fromMs && timeMs < toMs,
              ),
          },
          onStored: (hear) => {
            listener = hear;
          },
        },
        tiers,
        days: localDays,
        rawMs,
        now: () => site.nowMs,
        clockSynced: () => site.clockSynced,
        report: (text) => reports.push(text),
      });
    },
    failOnce: (): void => {
      fails = true;
      expect(() => site.tiers.flush()).toThrow('disk full');
      fails = false;
    },
  };
  site.restart();
  return site;
}

export const countOf = (site: ReturnType<typeof createSite>, table: string): number =>
  Number(site.database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);

/** What a sink that writes every change has in the end. */
export function follow() {
  const written: Batch = new Map();
  let revision = 0;
  return {
    written,
    take: (tiers: Tiers): void => {
      for (;;) {
        const changes = tiers.changedSince(revision, 7);
        for (const change of changes) {
          expect(change.revision).toBeGreaterThan(revision);
          revision = change.revision;
          const window = change.every === 'day' ? days.date(change.startMs) : String(change.startMs);
          for (const { name, aggregate } of change.fields) {
            const key = `${change.every} ${change.series.topic} ${window} ${name}`;
            written.set(key, { ...publish(aggregate, change.definition, name) });
          }
        }
        if (changes.length === 0) return;
      }
    },
  };
}

export const reading = (
  timeMs: number,
  values: { readonly [field: string]: Value },
  topic = 'victron/solar_charger/roof',
): Omit<StoredReading, 'position'> => ({
  series: { topic, agent: 'barn' },
  timeMs,
  receivedMs: timeMs,
  clock: 'synced',
  kind: 'solar_charger',
  values,
});
