// Identity of held messages that name no stream: topic, time and payload.

import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

export interface Digests {
  /** False: the same message is held already. */
  add(timeMs: number, series: number, payload: Uint8Array): boolean;
  remove(timeMs: number, series: number, payload: Uint8Array): void;
}

export function openDigests(database: DatabaseSync): Digests {
  const insert = database.prepare('INSERT OR IGNORE INTO log_digest VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM log_digest WHERE time_ms = ? AND series = ? AND digest = ?');
  return {
    add: (timeMs, series, payload) => insert.run(timeMs, series, digest(payload)).changes === 1,
    remove: (timeMs, series, payload) => void remove.run(timeMs, series, digest(payload)),
  };
}

/** 48 bits: beside topic and time they need only tell payloads of one millisecond apart. */
const digest = (payload: Uint8Array): number => hash('sha1', payload, 'buffer').readUIntBE(0, 6);
