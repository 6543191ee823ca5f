// What was told and what is still to be sent, in the store: neither repeated nor lost by a restart.

import * as z from 'zod';
import type { SchemaPart, Store } from '../store.ts';
import { type Alert, alertLevels, type Decision, type Told } from './alert.ts';

export type Channel = 'mqtt' | 'webhook';

export interface Queued {
  readonly id: number;
  readonly alert: Alert;
}

/** queued = sent + pending + refused + dropped, always. */
export interface ChannelAccount {
  readonly queued: number;
  readonly sent: number;
  readonly pending: number;
  /** Declined for good by the receiver. */
  readonly refused: number;
  /** The oldest, when too many waited. */
  readonly dropped: number;
}

/** How far the alarms were looked through. */
export interface Looked {
  /** The newest episode that was seen. */
  readonly upTo: number;
  /** Those seen that had not ended, and were not told. */
  readonly watched: readonly number[];
}

export interface Notebook {
  told(): readonly Told[];
  looked(): Looked;
  /** In one transaction: what is told, and the alerts for every channel. Returns how many old ones had to go. */
  write(decision: Decision, upTo: number, channels: readonly Channel[]): number;
  /** The oldest that waits. */
  next(channel: Channel): Queued | undefined;
  done(channel: Channel, id: number, outcome: 'sent' | 'refused'): void;
  account(channel: Channel): ChannelAccount;
}

const queueMax = 10_000;

export const alertSchema: SchemaPart = {
  name: 'alerts',
  migrations: [
    `
    CREATE TABLE alert_told (
      device TEXT NOT NULL,
      code TEXT NOT NULL,
      name TEXT NOT NULL,
      text TEXT NOT NULL,
      level TEXT NOT NULL,
      since INTEGER NOT NULL,
      episode INTEGER NOT NULL,
      PRIMARY KEY (device, code)
    ) STRICT, WITHOUT ROWID;
    -- One row. watched: ids of episodes, as JSON.
    CREATE TABLE alert_looked (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      up_to INTEGER NOT NULL,
      watched TEXT NOT NULL
    ) STRICT;
    CREATE TABLE alert_queue (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      channel TEXT NOT NULL,
      alert TEXT NOT NULL
    ) STRICT;
    CREATE INDEX alert_queue_channel ON alert_queue (channel, id);
    CREATE TABLE alert_count (
      channel TEXT NOT NULL,
      outcome TEXT NOT NULL,
      count INTEGER NOT NULL,
      PRIMARY KEY (channel, outcome)
    ) STRICT, WITHOUT ROWID;
    `,
  ],
};

const about = {
  ...{ device: z.string(), code: z.string(), name: z.string(), text: z.string(), since: z.number() },
  level: z.enum(alertLevels),
};
const toldShape = z.object({ ...about, episode: z.number() });
const alertShape = z.object({
  ...about,
  event: z.enum(['begin', 'end']),
  id: z.string(),
  until: z.number().nullable(),
});
const lookedShape = z.object({ upTo: z.number(), watched: z.string() });
const watchedShape = z.array(z.number());
const queuedShape = z.object({ id: z.number(), alert: z.string() });
const countShape = z.object({ outcome: z.string(), count: z.number() });

/** Nobody is to be told: what stands will be news to those who are told later. */
export function forgetTold({ database, transaction }: Pick<Store, 'database' | 'transaction'>): void {
  transaction(() => database.exec('DELETE FROM alert_told; DELETE FROM alert_looked'));
}

/** The store must have `alertSchema`. `startAt`: the episode from which on is looked, the first time. */
export function openNotebook(
  { database, transaction }: Pick<Store, 'database' | 'transaction'>,
  startAt: number,
): Notebook {
  const sql = prepare(database);
  sql.begin.run(startAt);
  const count = (channel: Channel, outcome: string, by = 1): void => void sql.count.run(channel, outcome, by);
  const pending = (channel: Channel): number => Number(sql.pending.get(channel)?.['count']);

  return {
    told: () => toldShape.array().parse(sql.told.all()),
    looked: () => {
      const { upTo, watched } = lookedShape.parse(sql.looked.get());
      return { upTo, watched: watchedShape.parse(JSON.parse(watched)) };
    },
    write: ({ alerts, keep, drop, watch }, upTo, channels) =>
      transaction(() => {
        for (const { device, code } of drop) sql.drop.run(device, code);
        for (const { device, code, name, text, level, since, episode } of keep) {
          sql.keep.run(device, code, name, text, level, since, episode);
        }
        sql.look.run(upTo, JSON.stringify(watch));
        let dropped = 0;
        for (const channel of channels) {
          for (const alert of alerts) sql.queue.run(channel, JSON.stringify(alert));
          const excess = Math.max(0, pending(channel) - queueMax);
          if (excess > 0) sql.trim.run(channel, excess);
          count(channel, 'queued', alerts.length);
          count(channel, 'dropped', excess);
          dropped += excess;
        }
        return dropped;
      }),
    next: (channel) => {
      const row = queuedShape.optional().parse(sql.next.get(channel));
      return row && { id: row.id, alert: alertShape.parse(JSON.parse(row.alert)) };
    },
    done: (channel, id, outcome) =>
      transaction(() => {
        // One that was dropped while it was on its way is counted already.
        if (sql.remove.run(id).changes > 0) count(channel, outcome);
      }),
    account: (channel) => {
      const rows = countShape.array().parse(sql.counts.all(channel));
      const of = (name: string): number => rows.find(({ outcome }) => outcome === name)?.count ?? 0;
      return {
        queued: of('queued'),
        sent: of('sent'),
        pending: pending(channel),
        refused: of('refused'),
        dropped: of('dropped'),
      };
    },
  };
}

const prepare = (database: Store['database']) => ({
  begin: database.prepare("INSERT OR IGNORE INTO alert_looked VALUES (1, ?, '[]')"),
  looked: database.prepare('SELECT up_to AS upTo, watched FROM alert_looked'),
  look: database.prepare('UPDATE alert_looked SET up_to = ?, watched = ?'),
  told: database.prepare('SELECT * FROM alert_told'),
  keep: database.prepare('INSERT OR REPLACE INTO alert_told VALUES (?, ?, ?, ?, ?, ?, ?)'),
  drop: database.prepare('DELETE FROM alert_told WHERE device = ? AND code = ?'),
  queue: database.prepare('INSERT INTO alert_queue (channel, alert) VALUES (?, ?)'),
  pending: database.prepare('SELECT count(*) AS count FROM alert_queue WHERE channel = ?'),
  trim: database.prepare(
    'DELETE FROM alert_queue WHERE id IN (SELECT id FROM alert_queue WHERE channel = ? ORDER BY id LIMIT ?)',
  ),
  next: database.prepare('SELECT id, alert FROM alert_queue WHERE channel = ? ORDER BY id LIMIT 1'),
  remove: database.prepare('DELETE FROM alert_queue WHERE id = ?'),
  counts: database.prepare('SELECT outcome, count FROM alert_count WHERE channel = ?'),
  count: database.prepare(
    `INSERT INTO alert_count VALUES (?, ?, ?)
     ON CONFLICT (channel, outcome) DO UPDATE SET count = count + excluded.count`,
  ),
});
