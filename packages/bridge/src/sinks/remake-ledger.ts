// Changes of the past that a sink has still to take over: written in the transaction of the change itself, and taken off
// when the sink has confirmed. So they outlive the program, and a store that is away.

import * as z from 'zod';
import type { SeriesKey } from '../message.ts';
import type { Store } from '../store.ts';

/** A name that is none any more, and whose readings are now those of another, or of none. */
export interface NameChange {
  readonly from: SeriesKey;
  /** Absent: the device went. */
  readonly into?: SeriesKey;
  /** From when on the store had the points of a tier at that time: what is older cannot be written again. */
  readonly reaches: readonly { readonly tier: string; readonly fromMs: number }[];
  /** No point of that name had this time or a later one. */
  readonly endMs: number;
}

export interface WaitingChange extends NameChange {
  readonly id: number;
}

export interface RemakeLedger {
  /** The caller holds the transaction. */
  note(changes: readonly NameChange[]): void;
  /** In the order in which they came. */
  waiting(): readonly WaitingChange[];
  count(): number;
  /** Taken over by the sink. The caller holds the transaction. */
  done(changes: readonly WaitingChange[]): void;
}

/** More are not begun before the sink has taken some over. */
export const waitingChangesMax = 1_000;

export const remakeMigration = `
  -- Names that a sink has still to remove (remake-ledger.ts); into_topic NULL: the device went.
  CREATE TABLE sink_remake (
    id INTEGER PRIMARY KEY,
    sink TEXT NOT NULL,
    from_topic TEXT NOT NULL,
    from_agent TEXT NOT NULL,
    into_topic TEXT,
    into_agent TEXT,
    reaches TEXT NOT NULL,
    end_ms INTEGER NOT NULL
  ) STRICT;
`;

const reachesShape = z.array(z.object({ tier: z.string(), fromMs: z.number() }));
const rowShape = z.object({
  id: z.number(),
  from_topic: z.string(),
  from_agent: z.string(),
  into_topic: z.string().nullable(),
  into_agent: z.string().nullable(),
  reaches: z.string().transform((text) => reachesShape.parse(JSON.parse(text))),
  end_ms: z.number(),
});

export function openRemakeLedger({ database }: Pick<Store, 'database'>, sink: string): RemakeLedger {
  const insert = database.prepare(
    `INSERT INTO sink_remake (sink, from_topic, from_agent, into_topic, into_agent, reaches, end_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const select = database.prepare('SELECT * FROM sink_remake WHERE sink = ? ORDER BY id');
  const count = database.prepare('SELECT count(*) AS count FROM sink_remake WHERE sink = ?');
  const remove = database.prepare('DELETE FROM sink_remake WHERE id = ?');
  return {
    note: (changes) => {
      for (const { from, into, reaches, endMs } of changes) {
        const [topic, agent] = [into?.topic ?? null, into?.agent ?? null];
        insert.run(sink, from.topic, from.agent, topic, agent, JSON.stringify(reaches), endMs);
      }
    },
    waiting: () => select.all(sink).map(changeOf),
    count: () => Number(count.get(sink)?.['count']),
    done: (changes) => {
      for (const { id } of changes) remove.run(id);
    },
  };
}

function changeOf(stored: object): WaitingChange {
  const row = rowShape.parse(stored);
  const { into_topic: topic, into_agent: agent } = row;
  return {
    id: row.id,
    from: { topic: row.from_topic, agent: row.from_agent },
    ...(topic === null || agent === null ? {} : { into: { topic, agent } }),
    reaches: row.reaches,
    endMs: row.end_ms,
  };
}
