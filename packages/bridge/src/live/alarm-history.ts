// Alarms in the store: one row an episode, from the reading that showed it first to the first that did not.

import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { SchemaPart, Store } from '../store.ts';
import type { AlarmView } from '../web/api.ts';

export interface Episode extends AlarmView {
  readonly id: number;
}

export interface AlarmHistory {
  /** Episodes that have not ended. */
  open(): readonly Episode[];
  /** Episodes that touch a span, the newest first, at most `limit`. */
  between(fromMs: number, toMs: number, limit: number): readonly Episode[];
  /** Episodes added after one, from that one on or back from the newest, at most `limit`. */
  after(id: number, limit: number, first: 'oldest' | 'newest'): readonly Episode[];
  episode(id: number): Episode | undefined;
  /** The newest episode of a trouble that touches a span. */
  touching(device: string, code: string, fromMs: number, toMs: number): Episode | undefined;
  add(alarm: AlarmView): number;
  change(id: number, change: Pick<AlarmView, 'since' | 'until' | 'level' | 'text'>): void;
  /** Runs changes in one transaction. */
  together(work: () => void): void;
}

/** Ended episodes that are kept; the oldest go first. */
const episodesMax = 100_000;
/** Added episodes between two looks at the bound. */
const addedBetweenTrims = 1_000;

export const alarmSchema: SchemaPart = {
  name: 'alarms',
  migrations: [
    `
    CREATE TABLE alarms (
      id INTEGER PRIMARY KEY,
      device TEXT NOT NULL,
      name TEXT NOT NULL,
      code TEXT NOT NULL,
      text TEXT NOT NULL,
      level TEXT NOT NULL,
      since INTEGER NOT NULL,
      until INTEGER
    ) STRICT;
    CREATE INDEX alarms_by_device ON alarms (device, code, since);
    CREATE INDEX alarms_by_time ON alarms (since);
    CREATE INDEX alarms_open ON alarms (id) WHERE until IS NULL;
    `,
  ],
};

const rowShape = z.object({
  id: z.number(),
  device: z.string(),
  name: z.string(),
  code: z.string(),
  text: z.string(),
  level: z.enum(['warning', 'alarm', 'late', 'lost']),
  since: z.number(),
  until: z.number().nullable(),
});

/** Episodes of a device become those of another name. `ends`: what has not ended ends where it began to be known. */
export function relabelAlarms(
  database: DatabaseSync,
  device: string,
  to: { readonly device: string; readonly name: string },
  ends: boolean,
): void {
  if (ends)
    database.prepare('UPDATE alarms SET until = since WHERE device = ? AND until IS NULL').run(device);
  database.prepare('UPDATE alarms SET device = ?, name = ? WHERE device = ?').run(to.device, to.name, device);
}

export function removeAlarms(database: DatabaseSync, device: string): void {
  database.prepare('DELETE FROM alarms WHERE device = ?').run(device);
}

/** The store must have `alarmSchema`. */
export function openAlarmHistory({
  database,
  transaction,
}: Pick<Store, 'database' | 'transaction'>): AlarmHistory {
  const touches = 'since <= :to AND (until IS NULL OR until >= :from)';
  const select = {
    open: database.prepare('SELECT * FROM alarms WHERE until IS NULL'),
    between: database.prepare(
      `SELECT * FROM alarms WHERE ${touches} ORDER BY since DESC, id DESC LIMIT :limit`,
    ),
    oldestAfter: database.prepare('SELECT * FROM alarms WHERE id > :id ORDER BY id LIMIT :limit'),
    newestAfter: database.prepare('SELECT * FROM alarms WHERE id > :id ORDER BY id DESC LIMIT :limit'),
    one: database.prepare('SELECT * FROM alarms WHERE id = :id'),
    touching: database.prepare(
      `SELECT * FROM alarms WHERE device = :device AND code = :code AND ${touches} ORDER BY since DESC LIMIT 1`,
    ),
  };
  const insert = database.prepare(
    `INSERT INTO alarms (device, name, code, text, level, since, until)
     VALUES (:device, :name, :code, :text, :level, :since, :until)`,
  );
  const update = database.prepare(
    'UPDATE alarms SET since = :since, until = :until, level = :level, text = :text WHERE id = :id',
  );
  const trim = database.prepare(
    `DELETE FROM alarms WHERE id IN (
       SELECT id FROM alarms WHERE until IS NOT NULL ORDER BY id DESC LIMIT -1 OFFSET ${episodesMax})`,
  );
  let added = 0;
  return {
    open: () => rowShape.array().parse(select.open.all()),
    between: (from, to, limit) => rowShape.array().parse(select.between.all({ from, to, limit })),
    after: (id, limit, first) => rowShape.array().parse(select[`${first}After`].all({ id, limit })),
    episode: (id) => rowShape.optional().parse(select.one.get({ id })),
    touching: (device, code, from, to) =>
      rowShape.optional().parse(select.touching.get({ device, code, from, to })),
    add: ({ device, name, code, text, level, since, until }) => {
      added += 1;
      if (added % addedBetweenTrims === 0) trim.run();
      return Number(insert.run({ device, name, code, text, level, since, until }).lastInsertRowid);
    },
    change: (id, { since, until, level, text }) => {
      update.run({ id, since, until, level, text });
    },
    together: transaction,
  };
}
