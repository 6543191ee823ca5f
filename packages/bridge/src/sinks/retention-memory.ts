// What the bridge set last in its stores, kept in its own one.

import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { openReader } from '../store.ts';
import type { RetentionMemory } from './retention.ts';

/** The store must have `sinkSchema`. */
export function openRetentionMemory(database: DatabaseSync): RetentionMemory {
  const select = database.prepare('SELECT keep_ms AS keepMs FROM sink_place WHERE place = ?');
  const selectAll = database.prepare('SELECT place FROM sink_place ORDER BY place');
  const save = database.prepare('INSERT OR REPLACE INTO sink_place VALUES (?, ?)');
  return {
    lastSet: (place) => {
      const row = select.get(place);
      if (row === undefined) return undefined;
      return row['keepMs'] === null ? null : Number(row['keepMs']);
    },
    remember: (place, keepMs) => void save.run(place, keepMs),
    places: (prefix) =>
      selectAll
        .all()
        .map(({ place }) => String(place))
        .filter((place) => place.startsWith(prefix)),
  };
}

/** What a store that may be in use remembers, for one that only asks; nothing when there is no store yet. */
export function readRetentionMemory(file: string): RetentionMemory {
  const remembered = new Map<string, number | null>();
  if (existsSync(file)) {
    const database = openReader(file);
    const hasTable = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'sink_place'").get();
    const stored = hasTable === undefined ? undefined : openRetentionMemory(database);
    for (const place of stored?.places('') ?? []) remembered.set(place, stored?.lastSet(place) ?? null);
    database.close();
  }
  return {
    lastSet: (place) => remembered.get(place),
    remember: () => {},
    places: (prefix) => [...remembered.keys()].filter((place) => place.startsWith(prefix)),
  };
}
