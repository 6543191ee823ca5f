// The bridge's one SQLite file: opened by one bridge at a time, durable on every commit, migrated part by part.
// `user_version` is the layout of the file itself; each part (log, tiers, …) keeps its own version in `store_part`.

import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OperationError } from '@wattline/program';

/** Tables of one module. Migration n brings the part from version n to n + 1; released ones never change. */
export interface SchemaPart {
  readonly name: string;
  readonly migrations: readonly string[];
}

export interface Store {
  readonly database: DatabaseSync;
  /** Path of the file, for readers of other threads. */
  readonly file: string;
  /** All or nothing: committed and synced when it returns, rolled back when `work` or the disk throws. */
  transaction<Result>(work: () => Result): Result;
  close(): void;
}

/** The file of the store in a folder. */
export const storeFile = (path: string): string => join(path, 'bridge.db');

const layoutVersion = 1;
const busyTimeoutMs = 5_000;
/** What the write-ahead log is cut back to after a long reader let it grow. */
const journalBytesMax = 64 * 1024 * 1024;
/** What is written again and again until then is copied into the file once: 16 MB instead of the usual four. */
const checkpointPages = 4_000;
const sqliteBusy = 5;

interface StoreOptions {
  readonly path: string;
  readonly parts: readonly SchemaPart[];
  /** These are all parts there are: a store that has further ones was written by a newer program. */
  readonly isWhole?: boolean;
}

/**
 * Opens the store in the folder `path`, making both where they are missing.
 * @throws Error in words for the operator: used by another bridge, newer than this program, not a store.
 */
export function openStore({ path, parts, isWhole = false }: StoreOptions): Store {
  const lock = lockStore(path);
  const file = storeFile(path);
  try {
    const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
    try {
      prepare(database, file, parts, isWhole);
    } catch (error) {
      database.close();
      throw error;
    }
    syncFolder(path);
    syncFolder(dirname(path));
    const close = (): void => {
      database.close();
      lock.close();
    };
    return { database, file, transaction: (work) => inTransaction(database, work), close };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** A connection of another thread that can only read: it never delays a commit, and sees each one whole. */
export function openReader(file: string): DatabaseSync {
  return new DatabaseSync(file, { readOnly: true, timeout: busyTimeoutMs });
}

/** A bridge runs on the store. */
export class StoreInUseError extends OperationError {}

/**
 * Keeps every bridge from the store in a folder, which is made where it is missing. The lock belongs to the process: it
 * goes with it, however it ends.
 * @throws Error in words when a bridge has it
 */
export function lockStore(path: string): { close(): void } {
  mkdirSync(path, { recursive: true, mode: 0o750 });
  const lock = new DatabaseSync(join(path, 'bridge.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (sqliteErrorCode(error) !== sqliteBusy) throw error;
    throw new StoreInUseError(
      `The store ${path} is in use by another bridge. Stop that one first, or give this one another store.path.`,
    );
  }
}

function prepare(database: DatabaseSync, file: string, parts: readonly SchemaPart[], isWhole: boolean): void {
  // Counts for a new file only, and before its first page.
  database.exec('PRAGMA auto_vacuum = INCREMENTAL');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`PRAGMA journal_size_limit = ${journalBytesMax}`);
  database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  database.exec('PRAGMA cache_size = -4096');
  database.exec('PRAGMA trusted_schema = OFF');
  inTransaction(database, () => {
    refuseLayout(database, file);
    database.exec(
      'CREATE TABLE IF NOT EXISTS store_part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID',
    );
    if (isWhole) refuseParts(database, file, parts);
    database.exec(`PRAGMA user_version = ${layoutVersion}`);
    for (const part of parts) migrate(database, file, part);
  });
}

function migrate(database: DatabaseSync, file: string, { name, migrations }: SchemaPart): void {
  const row = database.prepare('SELECT version FROM store_part WHERE name = ?').get(name);
  const version = Number(row?.['version'] ?? 0);
  refuseVersion(file, { name, version }, migrations.length);
  for (const migration of migrations.slice(version)) database.exec(migration);
  database
    .prepare(
      'INSERT INTO store_part VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version',
    )
    .run(name, migrations.length);
}

/** @throws Error in words when a newer program wrote the store; `parts` are all that this one knows */
export function refuseNewer(database: DatabaseSync, file: string, parts: readonly SchemaPart[]): void {
  refuseLayout(database, file);
  refuseParts(database, file, parts);
}

function refuseLayout(database: DatabaseSync, file: string): void {
  const layout = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (layout > layoutVersion) throw newer(file, `layout ${layout}, known up to ${layoutVersion}`);
}

function refuseParts(database: DatabaseSync, file: string, parts: readonly SchemaPart[]): void {
  for (const row of database.prepare('SELECT name, version FROM store_part').all()) {
    const name = String(row['name']);
    const part = parts.find((known) => known.name === name);
    if (part === undefined) throw newer(file, `part "${name}" is not known`);
    refuseVersion(file, { name, version: Number(row['version']) }, part.migrations.length);
  }
}

function refuseVersion(file: string, part: { name: string; version: number }, known: number): void {
  if (part.version <= known) return;
  throw newer(file, `part "${part.name}" has version ${part.version}, known up to ${known}`);
}

const newer = (file: string, detail: string): Error =>
  new OperationError(
    `The store ${file} was written by a newer wattline-bridge (${detail}). Install that version again, or use another store.path.`,
  );

function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk may have rolled back already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** SQLite's own number of an error, without its extension; `undefined` when the error is not of SQLite. */
export function sqliteErrorCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

/** So that a new file's name outlives a power cut too. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
