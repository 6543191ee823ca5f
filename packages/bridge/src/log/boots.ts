// When the agents' machines were booted, by a clock that was set: with it a time by a clock that was not set is placed.

import type { DatabaseSync } from 'node:sqlite';
import { dayOf, keptDays } from './streams.ts';

export interface Boots {
  /** A reading by a clock that was set: `timeMs` is `uptimeMs` after boot. */
  learn(agent: string, boot: string, timeMs: number, uptimeMs: number): void;
  /** Time of boot, if a clock of this boot was ever set. */
  bootedMs(agent: string, boot: string): number | undefined;
  save(nowMs: number): void;
  reload(): void;
  /** Forgets boots not seen for 180 days, and the longest unseen beyond a hundred thousand. Returns how many of these. */
  prune(nowMs: number): number;
}

const cachedMax = 10_000;
const keptMax = 100_000;
/** The clock of a machine drifts while it runs; less than this is not worth a write. */
const driftMs = 1_000;

export function openBoots(database: DatabaseSync): Boots {
  const select = database.prepare('SELECT booted_ms FROM log_boot WHERE agent = ? AND boot = ?');
  const upsert = database.prepare(
    `INSERT INTO log_boot VALUES (?, ?, ?, ?)
     ON CONFLICT (agent, boot) DO UPDATE SET booted_ms = excluded.booted_ms, used_day = excluded.used_day`,
  );
  const removeOld = database.prepare('DELETE FROM log_boot WHERE used_day < ?');
  const selectCount = database.prepare('SELECT count(*) AS count FROM log_boot');
  const removeOldest = database.prepare(
    'DELETE FROM log_boot WHERE (agent, boot) IN (SELECT agent, boot FROM log_boot ORDER BY used_day LIMIT ?)',
  );
  const agents = new Map<string, Map<string, number | undefined>>();
  const changed: { agent: string; boot: string; bootedMs: number }[] = [];
  let cached = 0;

  const bootedMs = (agent: string, boot: string): number | undefined => {
    let boots = agents.get(agent);
    if (boots === undefined) {
      boots = new Map();
      agents.set(agent, boots);
    }
    if (boots.has(boot)) return boots.get(boot);
    const row = select.get(agent, boot);
    const found = row === undefined ? undefined : Number(row['booted_ms']);
    boots.set(boot, found);
    cached++;
    return found;
  };
  const reload = (): void => {
    agents.clear();
    changed.length = 0;
    cached = 0;
  };

  return {
    learn: (agent, boot, timeMs, uptimeMs) => {
      const known = bootedMs(agent, boot);
      const seen = timeMs - uptimeMs;
      if (known !== undefined && Math.abs(known - seen) < driftMs) return;
      agents.get(agent)?.set(boot, seen);
      changed.push({ agent, boot, bootedMs: seen });
    },
    bootedMs,
    save: (nowMs) => {
      for (const { agent, boot, bootedMs: booted } of changed) {
        upsert.run(agent, boot, booted, dayOf(nowMs));
      }
      changed.length = 0;
      if (cached > cachedMax) reload();
    },
    reload,
    prune: (nowMs) => {
      removeOld.run(dayOf(nowMs) - keptDays);
      const excess = Math.max(0, Number(selectCount.get()?.['count']) - keptMax);
      if (excess > 0) removeOldest.run(excess);
      reload();
      return excess;
    },
  };
}
