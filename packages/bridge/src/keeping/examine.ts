// A file that claims to be a store: whole, and not newer than this program.

import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { OperationError } from '@wattline/program';
import { openReader, refuseNewer, sqliteErrorCode } from '../store.ts';
import { schemaParts } from './schema-parts.ts';

/** What a store holds, in numbers for a person. */
export interface Contents {
  readonly bytes: number;
  readonly series: number;
  /** Readings ever stored, and the position of the newest of them. */
  readonly stored: number;
  readonly head: number;
  /** When the newest reading arrived; `undefined`: there is none. */
  readonly newestMs: number | undefined;
}

/** Reads every page of a file that nobody writes. @throws Error in words when it is not a whole store of ours */
export function examineStore(file: string): Contents {
  const url = pathToFileURL(file);
  // No journal is looked for, and none is made beside it.
  url.searchParams.set('immutable', '1');
  const database = new DatabaseSync(url, { readOnly: true });
  try {
    refuseDamaged(database, file);
    refuseParts(database, file);
    return contentsOf(database);
  } finally {
    database.close();
  }
}

/** Looks at its beginning only, while a bridge may write. @throws Error in words when this program cannot read it */
export function refuseForeign(file: string): void {
  const database = openReader(file);
  try {
    refuseParts(database, file);
  } catch (error) {
    if (sqliteErrorCode(error) !== sqliteNoDatabase) throw error;
    throw new OperationError(
      `${file} is no store of wattline-bridge: SQLite says "${(error as Error).message}".`,
    );
  } finally {
    database.close();
  }
}

const sqliteNoDatabase = 26;

function refuseParts(database: DatabaseSync, file: string): void {
  const parts = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'store_part'").get();
  if (parts === undefined) {
    throw new OperationError(`${file} is a database, but not a store of wattline-bridge.`);
  }
  refuseNewer(database, file, schemaParts);
}

function refuseDamaged(database: DatabaseSync, file: string): void {
  let found: string;
  try {
    found = String(database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']);
  } catch (error) {
    found = error instanceof Error ? error.message : String(error);
  }
  if (found !== 'ok') throw new OperationError(`${file} is not a whole store: SQLite says "${found}".`);
}

function contentsOf(database: DatabaseSync): Contents {
  const number = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0);
  const count = (name: string): number =>
    number(`SELECT coalesce(max(count), 0) FROM log_count WHERE name = '${name}'`);
  const newestMs = number('SELECT max(newest_received_ms) FROM log_series');
  return {
    bytes: number('PRAGMA page_count') * number('PRAGMA page_size'),
    series: number('SELECT count(*) FROM log_series'),
    stored: count('stored'),
    head: count('head'),
    newestMs: newestMs === 0 ? undefined : newestMs,
  };
}

export function describeContents({ bytes, series, stored, newestMs }: Contents): string {
  const newest = newestMs === undefined ? '' : `, the newest received ${new Date(newestMs).toISOString()}`;
  return `${(bytes / 1e6).toFixed(1)} MB, ${series} series, ${stored} readings stored${newest}`;
}
