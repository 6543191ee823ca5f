// Which sequences of which stream were seen, so that a repeat is known for ever; and which the agent gave up.
// Streams in use are in memory; any other is found again on disk.

import type { DatabaseSync } from 'node:sqlite';
import { type AgentTotals, createAgentTotals, type Tally, tallyOf } from './agent-totals.ts';
import { decodeIntervals, encodeIntervals, type Intervals } from './intervals.ts';

export interface Stream {
  readonly id: number;
  readonly seen: Intervals;
  readonly givenUp: Intervals;
  /** Series of its newest reading; 0 before the first. */
  series: number;
  usedDay: number;
  readonly agent: string;
  /** As it was last saved. */
  tally: Tally;
}

export interface Streams {
  /** Makes the stream where it is new: call inside the transaction, then `change` before it ends. */
  find(agent: string, stream: string): Stream;
  change(stream: Stream, nowMs: number): void;
  /** Streams with sequences missing, the worst first, at most `limit`. */
  missing(limit: number): readonly {
    readonly agent: string;
    readonly stream: string;
    readonly series: number;
    readonly count: number;
  }[];
  /** Of each agent, over all of its streams. */
  totals: AgentTotals['all'];
  save(): void;
  reload(): void;
  /** Forgets streams not used for 180 days, and the longest unused beyond a million; at most `limit` of each. */
  prune(nowMs: number, limit: number): { readonly aged: number; readonly excess: number };
}

const cachedMax = 10_000;
/** What was not used for so long is forgotten; no outbox holds readings as long. */
export const keptDays = 180;
const keptMax = 1_000_000;
const dayMs = 86_400_000;

/** Days since 1970, by which uses are remembered. */
export const dayOf = (timeMs: number): number => Math.floor(timeMs / dayMs);

export function openStreams(database: DatabaseSync): Streams {
  const { select, insert, update, selectAll, selectMissing, selectCount, removeOld } = prepare(database);
  const totals = createAgentTotals(function* () {
    for (const row of selectAll.iterate()) yield toStream(row);
  });
  const agents = new Map<string, Map<string, Stream>>();
  let cached = 0;
  const changed = new Set<Stream>();

  const load = (agent: string, stream: string): Stream => {
    const row = select.get(agent, stream);
    if (row === undefined) {
      const id = Number(insert.run(agent, stream).lastInsertRowid);
      const empty = { seen: [], givenUp: [] };
      return { id, agent, ...empty, series: 0, usedDay: 0, tally: tallyOf(empty) };
    }
    return toStream(row);
  };
  const empty = (): void => {
    agents.clear();
    changed.clear();
    cached = 0;
  };
  const reload = (): void => {
    empty();
    totals.forget();
  };

  return {
    find: (agent, name) => {
      let streams = agents.get(agent);
      const known = streams?.get(name);
      if (known !== undefined) return known;
      if (streams === undefined) {
        streams = new Map();
        agents.set(agent, streams);
      }
      const stream = load(agent, name);
      streams.set(name, stream);
      cached++;
      return stream;
    },
    change: (stream, nowMs) => {
      stream.usedDay = Math.max(stream.usedDay, dayOf(nowMs));
      changed.add(stream);
    },
    missing: (limit) =>
      selectMissing.all(limit).map((row) => ({
        agent: String(row['agent']),
        stream: String(row['stream']),
        series: Number(row['series']),
        count: Number(row['missing']),
      })),
    totals: totals.all,
    save: () => {
      for (const stream of changed) {
        const { seen, givenUp, series, usedDay, id, agent } = stream;
        const tally = tallyOf(stream);
        update.run(encodeIntervals(seen), encodeIntervals(givenUp), tally.missing, series, usedDay, id);
        totals.change(agent, stream.tally, tally);
        stream.tally = tally;
      }
      changed.clear();
      if (cached > cachedMax) empty();
    },
    reload,
    prune: (nowMs, limit) => {
      const oldest = dayOf(nowMs) - keptDays;
      const aged = Number(removeOld.run(oldest, limit).changes);
      const excess = Math.min(limit, Math.max(0, Number(selectCount.get()?.['count']) - keptMax));
      if (excess > 0) removeOld.run(Number.MAX_SAFE_INTEGER, excess);
      if (aged + excess > 0) reload();
      return { aged, excess };
    },
  };
}

const prepare = (database: DatabaseSync) => ({
  select: database.prepare(
    'SELECT id, agent, seen, given_up, series, used_day FROM log_stream WHERE agent = ? AND stream = ?',
  ),
  selectAll: database.prepare('SELECT id, agent, seen, given_up, series, used_day FROM log_stream'),
  insert: database.prepare(
    "INSERT INTO log_stream (agent, stream, seen, given_up, missing, series, used_day) VALUES (?, ?, x'', x'', 0, 0, 0)",
  ),
  update: database.prepare(
    'UPDATE log_stream SET seen = ?, given_up = ?, missing = ?, series = ?, used_day = ? WHERE id = ?',
  ),
  selectMissing: database.prepare(
    'SELECT agent, stream, series, missing FROM log_stream WHERE missing > 0 ORDER BY missing DESC LIMIT ?',
  ),
  selectCount: database.prepare('SELECT count(*) AS count FROM log_stream'),
  removeOld: database.prepare(
    'DELETE FROM log_stream WHERE id IN (SELECT id FROM log_stream WHERE used_day < ? ORDER BY used_day LIMIT ?)',
  ),
});

function toStream(row: Record<string, unknown>): Stream {
  const seen = decodeIntervals(row['seen'] as Uint8Array);
  const givenUp = decodeIntervals(row['given_up'] as Uint8Array);
  return {
    id: Number(row['id']),
    agent: String(row['agent']),
    seen,
    givenUp,
    series: Number(row['series']),
    usedDay: Number(row['used_day']),
    tally: tallyOf({ seen, givenUp }),
  };
}
