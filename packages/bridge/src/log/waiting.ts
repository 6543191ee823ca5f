// Readings whose time is not known yet, because the clock of their machine was not set since its boot. They are in the
// log with everything else; here stands which, and what is known of their boots.

import type { DatabaseSync } from 'node:sqlite';

export interface UnsetBoot {
  readonly id: number;
  readonly agent: string;
  readonly boot: string;
  /** Arrival of its first reading. */
  readonly sinceMs: number;
  /** When the machine was booted at the latest: no reading arrives before it is measured. */
  bootedMs: number;
  /** Position of the first reading that waits for it. */
  firstWaiting: number | undefined;
  // What follows is learned anew after a restart.
  /** Its readings come as they are measured, so that their arrival tells their time. */
  isLive: boolean;
  /** A reading came at the time it was sent with: the clock is right, though nothing set it. */
  isRight: boolean;
  /** Since when its agent is heard with another boot: so long this one is over. */
  overSinceMs: number | undefined;
  /** Its clock is not waited for any more. */
  isGivenUp: boolean;
}

export interface Waiting {
  /** The boot of a reading. Makes it where it is new; `undefined`: there are too many. Call inside the transaction. */
  boot(agent: string, boot: string, receivedMs: number, uptimeMs: number): UnsetBoot | undefined;
  /** A reading of an agent came, by whatever clock. */
  heard(agent: string, boot: string, receivedMs: number): void;
  add(position: number, boot: UnsetBoot): void;
  boots(): Iterable<UnsetBoot>;
  /** Positions that wait for a boot, the oldest first. */
  positions(boot: UnsetBoot, limit: number): readonly number[];
  remove(position: number): void;
  /** Forgets a boot; nothing waits for it. */
  forget(boot: UnsetBoot): void;
  save(): void;
  reload(): void;
}

const bootsMax = 10_000;
/** Of readings that come as they are measured, arrival and uptime go alike: for so long, and apart by at most so much. */
const liveForMs = 60_000;
const liveApartMs = 2_000;

export function openWaiting(database: DatabaseSync): Waiting {
  const { select, insert, update, removeBoot, insertPosition, selectPositions, removePosition } =
    prepare(database);
  const boots = new Map<string, UnsetBoot>();
  const changed = new Set<UnsetBoot>();
  const arrivals = createArrivals();
  const running = createRunning();
  const keyOf = (agent: string, boot: string): string => `${agent}\n${boot}`;

  const register = (known: KnownBoot): UnsetBoot => {
    const unset = { ...known, isLive: false, isRight: false, overSinceMs: undefined, isGivenUp: false };
    boots.set(keyOf(known.agent, known.boot), unset);
    running.add(unset);
    return unset;
  };
  const reload = (): void => {
    for (const known of [boots, changed, arrivals, running]) known.clear();
    for (const row of select.iterate()) {
      const names = { agent: String(row['agent']), boot: String(row['boot']) };
      const times = { sinceMs: Number(row['since_ms']), bootedMs: Number(row['booted_ms']) };
      const firstWaiting = row['first'] === null ? undefined : Number(row['first']);
      register({ id: Number(row['id']), ...names, ...times, firstWaiting });
    }
  };
  reload();

  return {
    boot: (agent, boot, receivedMs, uptimeMs) => {
      const bootedMs = receivedMs - uptimeMs;
      const known = boots.get(keyOf(agent, boot));
      if (known !== undefined) {
        arrivals.note(known, bootedMs, uptimeMs);
        if (bootedMs < known.bootedMs) {
          known.bootedMs = bootedMs;
          changed.add(known);
        }
        return known;
      }
      if (boots.size >= bootsMax) return undefined;
      const id = Number(insert.run(agent, boot, receivedMs, bootedMs).lastInsertRowid);
      const unset = register({ id, agent, boot, sinceMs: receivedMs, bootedMs, firstWaiting: undefined });
      arrivals.note(unset, bootedMs, uptimeMs);
      return unset;
    },
    heard: running.heard,
    add: (position, unset) => {
      insertPosition.run(position, unset.id);
      unset.firstWaiting ??= position;
    },
    boots: () => boots.values(),
    positions: ({ id }, limit) => selectPositions.all(id, limit).map(({ position }) => Number(position)),
    remove: (position) => void removePosition.run(position),
    forget: (unset) => {
      removeBoot.run(unset.id);
      arrivals.forget(unset);
      running.end(unset);
      boots.delete(keyOf(unset.agent, unset.boot));
    },
    save: () => {
      for (const { id, bootedMs } of changed) update.run(bootedMs, id);
      changed.clear();
    },
    reload,
  };
}

type KnownBoot = Pick<UnsetBoot, 'id' | 'agent' | 'boot' | 'sinceMs' | 'bootedMs' | 'firstWaiting'>;

const prepare = (database: DatabaseSync) => ({
  select: database.prepare(
    `SELECT id, agent, boot, since_ms, booted_ms,
     (SELECT min(position) FROM log_waiting WHERE log_waiting.boot = log_unset_boot.id) AS first FROM log_unset_boot`,
  ),
  insert: database.prepare(
    'INSERT INTO log_unset_boot (agent, boot, since_ms, booted_ms) VALUES (?, ?, ?, ?)',
  ),
  update: database.prepare('UPDATE log_unset_boot SET booted_ms = ? WHERE id = ?'),
  removeBoot: database.prepare('DELETE FROM log_unset_boot WHERE id = ?'),
  insertPosition: database.prepare('INSERT INTO log_waiting VALUES (?, ?)'),
  selectPositions: database.prepare(
    'SELECT position FROM log_waiting WHERE boot = ? ORDER BY position LIMIT ?',
  ),
  removePosition: database.prepare('DELETE FROM log_waiting WHERE position = ?'),
});

/** Learns which boots are over: an agent runs in one at a time. */
function createRunning() {
  const byAgent = new Map<string, Set<UnsetBoot>>();
  const end = (unset: UnsetBoot): void => {
    const boots = byAgent.get(unset.agent);
    boots?.delete(unset);
    if (boots?.size === 0) byAgent.delete(unset.agent);
  };
  return {
    add: (unset: UnsetBoot): void => {
      const boots = byAgent.get(unset.agent);
      if (boots === undefined) byAgent.set(unset.agent, new Set([unset]));
      else boots.add(unset);
    },
    heard: (agent: string, boot: string, receivedMs: number): void => {
      const boots = byAgent.get(agent);
      if (boots === undefined) return;
      for (const unset of boots) {
        if (unset.boot === boot) continue;
        unset.overSinceMs = receivedMs;
        end(unset);
      }
    },
    end,
    clear: () => byAgent.clear(),
  };
}

/** Learns of which boots the readings are live. */
function createArrivals() {
  const firsts = new Map<UnsetBoot, { readonly bootedMs: number; readonly uptimeMs: number }>();
  return {
    /** Readings that waited together come together: the later each was measured, the earlier it says the boot was. */
    note: (unset: UnsetBoot, bootedMs: number, uptimeMs: number): void => {
      const first = firsts.get(unset);
      if (first === undefined || bootedMs < first.bootedMs - liveApartMs) {
        firsts.set(unset, { bootedMs, uptimeMs });
        unset.isLive = false;
      } else if (bootedMs <= first.bootedMs + liveApartMs && uptimeMs >= first.uptimeMs + liveForMs) {
        unset.isLive = true;
      }
    },
    forget: (unset: UnsetBoot) => void firsts.delete(unset),
    clear: () => firsts.clear(),
  };
}
