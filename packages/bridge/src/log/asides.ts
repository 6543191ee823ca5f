// Messages that are no readings, kept as they came with the reason, the oldest dropped when there is no room.

import type { DatabaseSync } from 'node:sqlite';
import type { AsideReason, Message } from '../message.ts';

export interface AsideMessage extends Message {
  readonly id: number;
  readonly reason: AsideReason;
  readonly detail: string;
  /** As received; `payload` is its beginning when it was longer than is kept. */
  readonly bytes: number;
}

export interface Asides {
  /** Inside the transaction. Returns how many old ones had to go. */
  add(message: Message, reason: AsideReason, detail: string): number;
  /** The newest first. */
  newest(limit: number): readonly AsideMessage[];
  /** The oldest first. */
  after(id: number, limit: number): readonly AsideMessage[];
  /** Inside the transaction, as the two below. */
  remove(message: AsideMessage): void;
  relabel(message: AsideMessage, reason: AsideReason, detail: string): void;
  reload(): void;
}

const asideBytesMax = 64 * 1024 * 1024;
const payloadBytesKept = 1024 * 1024;
/** Of a row besides payload, topic and detail. */
const rowBytes = 64;

const size = 'bytes_kept';
const sizeOfRow = `length(payload) + length(topic) + length(detail) + ${rowBytes}`;

export function openAsides(database: DatabaseSync): Asides {
  const insert = database.prepare(
    'INSERT INTO log_aside (received_ms, topic, retained, reason, detail, bytes, payload, only_agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const selectSize = database.prepare(`SELECT coalesce(sum(${sizeOfRow}), 0) AS ${size} FROM log_aside`);
  const selectOldest = database.prepare(
    `SELECT id, ${sizeOfRow} AS ${size} FROM log_aside ORDER BY id LIMIT 1`,
  );
  const remove = database.prepare('DELETE FROM log_aside WHERE id = ?');
  const selectNewest = database.prepare('SELECT * FROM log_aside ORDER BY id DESC LIMIT ?');
  const selectAfter = database.prepare('SELECT * FROM log_aside WHERE id > ? ORDER BY id LIMIT ?');
  const relabel = database.prepare('UPDATE log_aside SET reason = ?, detail = ? WHERE id = ?');
  let held = Number(selectSize.get()?.[size]);
  return {
    add: ({ topic, payload, receivedMs, retained, onlyAgent = null }, reason, detail) => {
      const kept = payload.subarray(0, payloadBytesKept);
      insert.run(receivedMs, topic, retained ? 1 : 0, reason, detail, payload.length, kept, onlyAgent);
      held += kept.length + topic.length + detail.length + rowBytes;
      let dropped = 0;
      while (held > asideBytesMax) {
        const oldest = selectOldest.get();
        if (oldest === undefined) break;
        remove.run(Number(oldest['id']));
        held -= Number(oldest[size]);
        dropped++;
      }
      return dropped;
    },
    newest: (limit) => selectNewest.all(limit).map(messageOf),
    after: (id, limit) => selectAfter.all(id, limit).map(messageOf),
    remove: ({ id, topic, detail, payload }) => {
      remove.run(id);
      held -= payload.length + topic.length + detail.length + rowBytes;
    },
    relabel: ({ id, detail: before }, reason, detail) => {
      relabel.run(reason, detail, id);
      held += detail.length - before.length;
    },
    reload: () => {
      held = Number(selectSize.get()?.[size]);
    },
  };
}

const messageOf = (row: Record<string, unknown>): AsideMessage => ({
  id: Number(row['id']),
  topic: String(row['topic']),
  payload: row['payload'] as Uint8Array,
  receivedMs: Number(row['received_ms']),
  retained: row['retained'] === 1,
  reason: row['reason'] as AsideReason,
  detail: String(row['detail']),
  bytes: Number(row['bytes']),
  ...(row['only_agent'] === null ? {} : { onlyAgent: String(row['only_agent']) }),
});
