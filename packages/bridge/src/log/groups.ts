// Rows of groups: written once, found by position, by the sequences they hold, and by age.

import type { DatabaseSync } from 'node:sqlite';
import { decodeUndamaged, type GroupRecord } from './group.ts';
import type { Intervals } from './intervals.ts';

/** What is known of a group besides its bytes. */
interface GroupSummary {
  readonly last: number;
  readonly count: number;
  readonly receivedMs: number;
  readonly timeMinMs: number;
  readonly timeMaxMs: number;
  readonly series: Iterable<number>;
  /** Sequences by stream. */
  readonly runs: ReadonlyMap<number, Intervals>;
}

export interface HeldGroup {
  readonly last: number;
  readonly count: number;
  readonly receivedMs: number;
  readonly bytes: Uint8Array;
}

export interface Groups {
  insert(group: GroupSummary, bytes: Uint8Array): void;
  /** The first group with a reading after `position`. */
  after(position: number): HeldGroup | undefined;
  /** Position of the oldest reading held. */
  tail(): number | undefined;
  /** The message of a sequence, if its group is still held. */
  original(stream: number, sequence: number): GroupRecord | undefined;
  /** Removes a group with everything that leads to it. */
  remove(group: HeldGroup, records: readonly GroupRecord[]): void;
}

/** Redelivered messages come group by group. */
const decodedMax = 4;

export function openGroups(database: DatabaseSync): Groups {
  const insertGroup = database.prepare('INSERT INTO log_group VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertRun = database.prepare('INSERT OR REPLACE INTO log_run VALUES (?, ?, ?, ?)');
  const selectAfter = database.prepare(
    'SELECT last, count, received_ms, bytes FROM log_group WHERE last > ? ORDER BY last LIMIT 1',
  );
  const selectTail = database.prepare('SELECT last - count + 1 AS tail FROM log_group ORDER BY last LIMIT 1');
  const selectRun = database.prepare(
    'SELECT position FROM log_run WHERE stream = ? AND first <= ? ORDER BY first DESC LIMIT 1',
  );
  const removeGroup = database.prepare('DELETE FROM log_group WHERE last = ?');
  const removeRun = database.prepare('DELETE FROM log_run WHERE stream = ? AND first = ? AND position = ?');
  const decoded = new Map<number, ReadonlyMap<number, ReadonlyMap<number, GroupRecord>>>();

  const after = (position: number): HeldGroup | undefined => {
    const row = selectAfter.get(position);
    if (row === undefined) return undefined;
    return {
      last: Number(row['last']),
      count: Number(row['count']),
      receivedMs: Number(row['received_ms']),
      bytes: row['bytes'] as Uint8Array,
    };
  };
  const sequencesOf = (last: number) => {
    const known = decoded.get(last);
    if (known !== undefined) return known;
    const group = after(last - 1);
    if (group?.last !== last) return undefined;
    const streams = new Map<number, Map<number, GroupRecord>>();
    for (const record of decodeUndamaged(group.bytes)) {
      const sequences = streams.get(record.stream);
      if (sequences === undefined) streams.set(record.stream, new Map([[record.sequence, record]]));
      else sequences.set(record.sequence, record);
    }
    const [oldest] = decoded.keys();
    if (oldest !== undefined && decoded.size >= decodedMax) decoded.delete(oldest);
    decoded.set(last, streams);
    return streams;
  };

  return {
    insert: ({ last, count, receivedMs, timeMinMs, timeMaxMs, series, runs }, bytes) => {
      const ids = new Uint8Array(Uint32Array.from(series).buffer);
      insertGroup.run(last, count, receivedMs, timeMinMs, timeMaxMs, ids, bytes);
      for (const [stream, sequences] of runs) {
        for (let i = 0; i < sequences.length; i += 2) {
          insertRun.run(stream, sequences[i] as number, sequences[i + 1] as number, last);
        }
      }
    },
    after,
    tail: () => {
      const row = selectTail.get();
      return row === undefined ? undefined : Number(row['tail']);
    },
    original: (stream, sequence) => {
      const run = selectRun.get(stream, sequence);
      return run && sequencesOf(Number(run['position']))?.get(stream)?.get(sequence);
    },
    remove: ({ last }, records) => {
      // The start of a run is one of the group's sequences; those inside a run are no keys.
      for (const { stream, sequence } of records) {
        if (stream !== 0) removeRun.run(stream, sequence, last);
      }
      removeGroup.run(last);
    },
  };
}
