// Every series ever seen, with its newest reading, for as long as the store lives.

import type { DatabaseSync } from 'node:sqlite';
import { type KeptMessage, readAgain } from '../ingest/replaced.ts';
import type { SeriesKey, StoredReading } from '../message.ts';
import { toReading } from './reading.ts';
import { insertSeriesSql } from './series-join.ts';

interface Entry {
  readonly id: number;
  readonly key: SeriesKey;
  firstMs: number;
  readings: number;
  newest: StoredReading;
}

/** A name as messages bear it, and whose readings they are. */
interface NamedSeries {
  readonly id: number;
  readonly key: SeriesKey;
  /** Id of the series that the name was joined to; its own where it was to none. */
  readonly head: number;
}

export interface SeriesSummary {
  readonly id: number;
  readonly key: SeriesKey;
  readonly firstMs: number;
  readonly readings: number;
  readonly newest: StoredReading;
}

export interface SeriesRegistry {
  /** Id of a series; makes it where it is new. `undefined`: there are too many. Call inside the transaction. */
  find(topic: string, agent: string): NamedSeries | undefined;
  /** What the readings are called now that bore the name of this id. */
  key(id: number): SeriesKey | undefined;
  /** The series was removed: what groups hold of it is nothing to anybody. */
  isGone(id: number): boolean;
  /** `message`: as it came. */
  add(id: number, reading: StoredReading, placed: boolean, message: KeptMessage): void;
  all(): readonly SeriesSummary[];
  save(): void;
  reload(): void;
}

/** Of a series with another newest reading, how that came; of one with more readings only, nothing. */
type Changed = Map<number, { placed: boolean; message: KeptMessage } | undefined>;

const seriesMax = 10_000;

export function openSeries(database: DatabaseSync): SeriesRegistry {
  const { select, selectGone, insert } = prepare(database);
  const save = createSaver(database);
  const topics = new Map<string, Map<string, NamedSeries>>();
  const keys = new Map<number, SeriesKey>();
  /** The series of a name that was joined to it. */
  const joined = new Map<number, number>();
  const gone = new Set<number>();
  const entries = new Map<number, Entry>();
  const changed: Changed = new Map();

  const register = (id: number, topic: string, agent: string, key: SeriesKey = { topic, agent }) => {
    const named = { id, key, head: joined.get(id) ?? id };
    const agents = topics.get(topic);
    if (agents === undefined) topics.set(topic, new Map([[agent, named]]));
    else agents.set(agent, named);
    keys.set(id, named.key);
    return named;
  };
  const reload = (): void => {
    for (const known of [topics, keys, joined, gone, entries, changed]) known.clear();
    for (const { id } of selectGone.iterate()) gone.add(Number(id));
    // Those that others are joined to come first.
    for (const row of select.iterate()) {
      const id = Number(row['id']);
      if (row['joined'] !== null) {
        joined.set(id, Number(row['joined']));
        register(id, String(row['topic']), String(row['agent']), keys.get(Number(row['joined'])));
        continue;
      }
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
    isGone: (id) => gone.has(id),
    add: (named, reading, placed, message) => {
      const id = joined.get(named) ?? named;
      const entry = entries.get(id);
      if (entry === undefined) {
        entries.set(id, { id, key: reading.series, firstMs: reading.timeMs, readings: 1, newest: reading });
        changed.set(id, { placed, message });
        return;
      }
      entry.readings++;
      entry.firstMs = Math.min(entry.firstMs, reading.timeMs);
      // A late reading is not the newest, however it came.
      if (reading.timeMs >= entry.newest.timeMs) {
        entry.newest = reading;
        changed.set(id, { placed, message });
      } else if (!changed.has(id)) {
        changed.set(id, undefined);
      }
    },
    all: () => Array.from(entries.values(), (entry) => ({ ...entry })),
    save: () => {
      save(entries, changed);
      changed.clear();
    },
    reload,
  };
}

function createSaver(
  database: DatabaseSync,
): (entries: ReadonlyMap<number, Entry>, changed: Changed) => void {
  const updateCount = database.prepare('UPDATE log_series SET first_ms = ?, readings = ? WHERE id = ?');
  const updateNewest = database.prepare(
    `UPDATE log_series SET first_ms = ?, readings = ?, newest_position = ?, newest_ms = ?, newest_received_ms = ?,
     newest_placed = ?, newest_payload = ?, newest_topic = ?, newest_device = ?, newest_left_out = ? WHERE id = ?`,
  );
  return (entries, changed) => {
    for (const [id, replaced] of changed) {
      const entry = entries.get(id);
      if (entry === undefined) continue;
      const { firstMs, readings, newest } = entry;
      if (replaced === undefined) {
        updateCount.run(firstMs, readings, id);
      } else {
        const { position, timeMs, receivedMs } = newest;
        const { placed, message } = replaced;
        // An agent's message bears the name of its series: it need not be written again.
        const { payload, device } = message;
        const names = device === undefined ? ['', ''] : [message.topic, device];
        const leftOut = message.leftOut === undefined ? '[]' : JSON.stringify(message.leftOut);
        const place = [position, timeMs, receivedMs, placed ? 1 : 0];
        updateNewest.run(firstMs, readings, ...place, payload, ...names, leftOut, id);
      }
    }
  };
}

function newestOf(row: Record<string, unknown>, series: SeriesKey): StoredReading | undefined {
  const payload = row['newest_payload'] as Uint8Array;
  const [topic, device] = [String(row['newest_topic']), String(row['newest_device'])];
  const leftOut: readonly string[] = JSON.parse(String(row['newest_left_out']));
  const parsed = readAgain({ topic, payload, leftOut, ...(device === '' ? {} : { device }) });
  if (parsed === undefined) return undefined;
  return toReading(parsed, Number(row['newest_position']), series, {
    timeMs: Number(row['newest_ms']),
    receivedMs: Number(row['newest_received_ms']),
    placed: row['newest_placed'] === 1,
  });
}

const prepare = (database: DatabaseSync) => ({
  select: database.prepare('SELECT * FROM log_series ORDER BY joined IS NOT NULL'),
  selectGone: database.prepare('SELECT id FROM log_series_gone'),
  insert: database.prepare(insertSeriesSql),
});
