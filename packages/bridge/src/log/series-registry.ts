// Every series ever seen, with its newest reading, for as long as the store lives.

import type { DatabaseSync } from 'node:sqlite';
import { parseReading } from '@wattline/protocols';
import type { SeriesKey, StoredReading } from '../message.ts';
import type { SeriesSummary } from './log.ts';
import { toReading } from './reading.ts';

interface Entry {
  readonly id: number;
  readonly key: SeriesKey;
  firstMs: number;
  readings: number;
  newest: StoredReading;
}

export interface SeriesRegistry {
  /** Id of a series; makes it where it is new. `undefined`: there are too many. Call inside the transaction. */
  find(topic: string, agent: string): { readonly id: number; readonly key: SeriesKey } | undefined;
  key(id: number): SeriesKey | undefined;
  add(id: number, reading: StoredReading, placed: boolean, payload: Uint8Array): void;
  all(): readonly SeriesSummary[];
  save(): void;
  reload(): void;
}

const seriesMax = 10_000;

export function openSeries(database: DatabaseSync): SeriesRegistry {
  const { select, insert, updateCount, updateNewest } = prepare(database);
  const topics = new Map<string, Map<string, { readonly id: number; readonly key: SeriesKey }>>();
  const keys = new Map<number, SeriesKey>();
  const entries = new Map<number, Entry>();
  const changed = new Map<number, { placed: boolean; payload: Uint8Array } | undefined>();

  const register = (id: number, topic: string, agent: string) => {
    const named = { id, key: { topic, agent } };
    const agents = topics.get(topic);
    if (agents === undefined) topics.set(topic, new Map([[agent, named]]));
    else agents.set(agent, named);
    keys.set(id, named.key);
    return named;
  };
  const reload = (): void => {
    for (const map of [topics, keys, entries, changed]) map.clear();
    for (const row of select.iterate()) {
      const id = Number(row['id']);
      const { key } = register(id, String(row['topic']), String(row['agent']));
      const newest = newestOf(row, key);
      if (newest === undefined) continue;
      entries.set(id, {
        id,
        key,
        firstMs: Number(row['first_ms']),
        readings: Number(row['readings']),
        newest,
      });
    }
  };
  reload();

  return {
    find: (topic, agent) => {
      const known = topics.get(topic)?.get(agent);
      if (known !== undefined) return known;
      if (keys.size >= seriesMax) return undefined;
      return register(Number(insert.run(topic, agent).lastInsertRowid), topic, agent);
    },
    key: (id) => keys.get(id),
    add: (id, reading, placed, payload) => {
      const entry = entries.get(id);
      if (entry === undefined) {
        entries.set(id, { id, key: reading.series, firstMs: reading.timeMs, readings: 1, newest: reading });
        changed.set(id, { placed, payload });
        return;
      }
      entry.readings++;
      entry.firstMs = Math.min(entry.firstMs, reading.timeMs);
      // A late reading is not the newest, however it came.
      if (reading.timeMs >= entry.newest.timeMs) {
        entry.newest = reading;
        changed.set(id, { placed, payload });
      } else if (!changed.has(id)) {
        changed.set(id, undefined);
      }
    },
    all: () => Array.from(entries.values(), (entry) => ({ ...entry })),
    save: () => {
      for (const [id, replaced] of changed) {
        const entry = entries.get(id);
        if (entry === undefined) continue;
        const { firstMs, readings, newest } = entry;
        if (replaced === undefined) {
          updateCount.run(firstMs, readings, id);
        } else {
          const { position, timeMs, receivedMs } = newest;
          const { placed, payload } = replaced;
          updateNewest.run(firstMs, readings, position, timeMs, receivedMs, placed ? 1 : 0, payload, id);
        }
      }
      changed.clear();
    },
    reload,
  };
}

function newestOf(row: Record<string, unknown>, series: SeriesKey): StoredReading | undefined {
  const parsed = parseReading(Buffer.from(row['newest_payload'] as Uint8Array).toString());
  if (typeof parsed === 'string') return undefined;
  return toReading(parsed, {
    position: Number(row['newest_position']),
    series,
    timeMs: Number(row['newest_ms']),
    receivedMs: Number(row['newest_received_ms']),
    placed: row['newest_placed'] === 1,
  });
}

const prepare = (database: DatabaseSync) => ({
  select: database.prepare('SELECT * FROM log_series'),
  insert: database.prepare(
    `INSERT INTO log_series (topic, agent, first_ms, readings, newest_position, newest_ms, newest_received_ms, newest_placed, newest_payload)
     VALUES (?, ?, 0, 0, 0, 0, 0, 0, x'')`,
  ),
  updateCount: database.prepare('UPDATE log_series SET first_ms = ?, readings = ? WHERE id = ?'),
  updateNewest: database.prepare(
    `UPDATE log_series SET first_ms = ?, readings = ?, newest_position = ?, newest_ms = ?, newest_received_ms = ?,
     newest_placed = ?, newest_payload = ? WHERE id = ?`,
  ),
});
