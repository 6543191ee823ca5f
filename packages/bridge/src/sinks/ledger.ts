// How far each sink has come, and what it refused: part of the store, so that it outlives the program.

import * as z from 'zod';
import type { SchemaPart, Store } from '../store.ts';
import { remakeMigration } from './remake-ledger.ts';

/** Position after which everything is still to be delivered, and what became of all before. */
export interface Progress {
  readonly position: number;
  readonly delivered: number;
  readonly refused: number;
  readonly expired: number;
}

export interface Refusal {
  readonly position: number;
  readonly timeMs: number;
  /** The point, in words. */
  readonly point: string;
  /** The store's own words. */
  readonly reason: string;
}

export interface Ledger {
  progress(): Progress;
  /** Progress and refusals in one transaction. */
  advance(progress: Progress, refusals: readonly Refusal[]): void;
  /**
   * Where a feed that was never delivered begins: everything up to `position` is skipped. Does nothing once it has
   * begun. @returns whether it began
   */
  begin(position: number, skipped: number): boolean;
  /** How much was there before the feed began. */
  skipped(): number;
  /** Refusals that belong to no progress. */
  keep(refusals: readonly Refusal[]): void;
  /** The newest first. */
  refusals(limit: number): readonly Refusal[];
}

/** Refused points that are kept of each feed of a sink; they go on being counted beyond it. */
export const refusalsMax = 10_000;
const pointLengthMax = 2_000;
const reasonLengthMax = 500;

export const sinkSchema: SchemaPart = {
  name: 'sinks',
  migrations: [
    `
    CREATE TABLE sink_progress (
      sink TEXT NOT NULL,
      feed TEXT NOT NULL,
      position INTEGER NOT NULL,
      delivered INTEGER NOT NULL,
      refused INTEGER NOT NULL,
      expired INTEGER NOT NULL,
      PRIMARY KEY (sink, feed)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sink_refusal (
      id INTEGER PRIMARY KEY,
      sink TEXT NOT NULL,
      feed TEXT NOT NULL,
      position INTEGER NOT NULL,
      time_ms INTEGER NOT NULL,
      point TEXT NOT NULL,
      reason TEXT NOT NULL
    ) STRICT;
    CREATE INDEX sink_refusal_feed ON sink_refusal (sink, feed, id);
    `,
    `
    -- What was there before the sink was, and is not to be delivered to it.
    ALTER TABLE sink_progress ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
    -- Retentions that the bridge set last in its stores (retention.ts); keep_ms NULL: for ever.
    CREATE TABLE sink_place (place TEXT PRIMARY KEY, keep_ms INTEGER) STRICT, WITHOUT ROWID;
    `,
    remakeMigration,
  ],
};

const progressShape = z.object({
  position: z.number(),
  delivered: z.number(),
  refused: z.number(),
  expired: z.number(),
});
const refusalShape = z.object({
  position: z.number(),
  timeMs: z.number(),
  point: z.string(),
  reason: z.string(),
});

/** The ledger of one feed of one sink. The store must have `sinkSchema`. */
export function openLedger(
  { database, transaction }: Pick<Store, 'database' | 'transaction'>,
  sink: string,
  feed: string,
): Ledger {
  const select = database.prepare(
    'SELECT position, delivered, refused, expired FROM sink_progress WHERE sink = ? AND feed = ?',
  );
  const save = database.prepare(
    `INSERT INTO sink_progress (sink, feed, position, delivered, refused, expired) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (sink, feed) DO UPDATE SET position = excluded.position, delivered = excluded.delivered,
       refused = excluded.refused, expired = excluded.expired`,
  );
  const begin = database.prepare(
    `INSERT INTO sink_progress (sink, feed, position, delivered, refused, expired, skipped)
     VALUES (?, ?, ?, 0, 0, 0, ?) ON CONFLICT DO NOTHING`,
  );
  const selectSkipped = database.prepare('SELECT skipped FROM sink_progress WHERE sink = ? AND feed = ?');
  const insertRefusal = database.prepare(
    'INSERT INTO sink_refusal (sink, feed, position, time_ms, point, reason) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const forget = database.prepare(
    `DELETE FROM sink_refusal WHERE id IN (
       SELECT id FROM sink_refusal WHERE sink = ? AND feed = ? ORDER BY id DESC LIMIT -1 OFFSET ${refusalsMax})`,
  );
  const newest = database.prepare(
    `SELECT position, time_ms AS timeMs, point, reason FROM sink_refusal
     WHERE sink = ? AND feed = ? ORDER BY id DESC LIMIT ?`,
  );
  const keepAll = (refusals: readonly Refusal[]): void => {
    for (const refusal of refusals) {
      const point = refusal.point.slice(0, pointLengthMax);
      const reason = refusal.reason.slice(0, reasonLengthMax);
      insertRefusal.run(sink, feed, refusal.position, refusal.timeMs, point, reason);
    }
    if (refusals.length > 0) forget.run(sink, feed);
  };
  return {
    progress: () =>
      progressShape.optional().parse(select.get(sink, feed)) ?? {
        position: 0,
        delivered: 0,
        refused: 0,
        expired: 0,
      },
    advance: ({ position, delivered, refused, expired }, refusals) => {
      transaction(() => {
        save.run(sink, feed, position, delivered, refused, expired);
        keepAll(refusals);
      });
    },
    begin: (position, skipped) => begin.run(sink, feed, position, skipped).changes > 0,
    skipped: () => Number(selectSkipped.get(sink, feed)?.['skipped'] ?? 0),
    keep: (refusals) => transaction(() => keepAll(refusals)),
    refusals: (limit) => refusalShape.array().parse(newest.all(sink, feed, limit)),
  };
}
