// Named totals since the store was made, saved in the transaction of what they count.

import type { DatabaseSync } from 'node:sqlite';

export interface Counts {
  get(name: string): number;
  add(name: string, by: number): void;
  /** Those that begin with `prefix`, without it. */
  under(prefix: string): { readonly [name: string]: number };
  /** Inside the transaction. */
  save(): void;
  /** After a transaction that failed. */
  reload(): void;
}

export function openCounts(database: DatabaseSync): Counts {
  const upsert = database.prepare(
    'INSERT INTO log_count VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = excluded.count',
  );
  const select = database.prepare('SELECT name, count FROM log_count');
  const counts = new Map<string, number>();
  const changed = new Set<string>();
  const reload = (): void => {
    counts.clear();
    changed.clear();
    for (const { name, count } of select.all()) counts.set(String(name), Number(count));
  };
  reload();
  return {
    get: (name) => counts.get(name) ?? 0,
    add: (name, by) => {
      counts.set(name, (counts.get(name) ?? 0) + by);
      changed.add(name);
    },
    under: (prefix) => {
      const found: Record<string, number> = {};
      for (const [name, count] of counts) {
        if (name.startsWith(prefix)) found[name.slice(prefix.length)] = count;
      }
      return found;
    },
    save: () => {
      for (const name of changed) upsert.run(name, counts.get(name) ?? 0);
      changed.clear();
    },
    reload,
  };
}
