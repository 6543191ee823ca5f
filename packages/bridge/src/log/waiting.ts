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
  /** Its readings come as they are measured, so that their arrival tells their time. Learned anew after a restart. */
  isLive: boolean;
  /** Its clock is not waited for any more. */
  isGivenUp: boolean;
}

export interface Waiting {
  /** The boot of a reading. Makes it where it is new; `undefined`: there are too many. Call inside the transaction. */
  boot(agent: string, boot: string, receivedMs: number, uptimeMs: number): UnsetBoot | undefined;
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
  const select = database.prepare('SELECT id, agent, boot, since_ms, booted_ms FROM log_unset_boot');
  const insert = database.prepare(
    'INSERT INTO log_unset_boot (agent, boot, since_ms, booted_ms) VALUES (?, ?, ?, ?)',
  );
  const update = database.prepare('UPDATE log_unset_boot SET booted_ms = ? WHERE id = ?');
  const removeBoot = database.prepare('DELETE FROM log_unset_boot WHERE id = ?');
  const insertPosition = database.prepare('INSERT INTO log_waiting VALUES (?, ?)');
  const selectPositions = database.prepare(
    'SELECT position FROM log_waiting WHERE boot = ? ORDER BY position LIMIT ?',
  );
  const removePosition = database.prepare('DELETE FROM log_waiting WHERE position = ?');
  const boots = new Map<string, UnsetBoot>();
  const changed = new Set<UnsetBoot>();
  const arrivals = createArrivals();
  const keyOf = (agent: string, boot: string): string => `${agent}\n${boot}`;

  const reload = (): void => {
    boots.clear();
    arrivals.clear();
    changed.clear();
    for (const row of select.iterate()) {
      const agent = String(row['agent']);
      const boot = String(row['boot']);
      const id = Number(row['id']);
      const times = { sinceMs: Number(row['since_ms']), bootedMs: Number(row['booted_ms']) };
      boots.set(keyOf(agent, boot), { id, agent, boot, ...times, isLive: false, isGivenUp: false });
    }
  };
  reload();

  return {
    boot: (agent, boot, receivedMs, uptimeMs) => {
      const key = keyOf(agent, boot);
      const bootedMs = receivedMs - uptimeMs;
      const known = boots.get(key);
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
      const unset = { id, agent, boot, sinceMs: receivedMs, bootedMs, isLive: false, isGivenUp: false };
      arrivals.note(unset, bootedMs, uptimeMs);
      boots.set(key, unset);
      return unset;
    },
    add: (position, { id }) => void insertPosition.run(position, id),
    boots: () => boots.values(),
    positions: ({ id }, limit) => selectPositions.all(id, limit).map(({ position }) => Number(position)),
    remove: (position) => void removePosition.run(position),
    forget: (unset) => {
      const { id, agent, boot } = unset;
      removeBoot.run(id);
      arrivals.forget(unset);
      boots.delete(keyOf(agent, boot));
    },
    save: () => {
      for (const { id, bootedMs } of changed) update.run(bootedMs, id);
      changed.clear();
    },
    reload,
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
