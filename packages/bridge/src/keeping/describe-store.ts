// The store from outside, for the report: files, versions of its parts, rows of its tables. Changes nothing.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openReader } from '../store.ts';

export interface StoreDescription {
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly changed: string }[];
  /** Why nothing more can be said. */
  readonly problem?: string;
  readonly sqlite?: string;
  readonly pages?: { readonly bytes: number; readonly all: number; readonly free: number };
  readonly parts?: { readonly [part: string]: number };
  readonly rows?: { readonly [table: string]: number };
}

export function describeStore(path: string, file: string): StoreDescription {
  const files = filesOf(path);
  try {
    return { files, ...insideOf(file) };
  } catch (error) {
    return { files, problem: error instanceof Error ? error.message : String(error) };
  }
}

function filesOf(path: string): StoreDescription['files'] {
  try {
    return readdirSync(path).flatMap((name) => {
      const found = statSync(join(path, name), { throwIfNoEntry: false });
      if (found === undefined || !found.isFile()) return [];
      return [{ name, bytes: found.size, changed: found.mtime.toISOString() }];
    });
  } catch {
    return [];
  }
}

function insideOf(file: string): Omit<StoreDescription, 'files' | 'problem'> {
  const database = openReader(file);
  try {
    const one = (sql: string): unknown => Object.values(database.prepare(sql).get() ?? {})[0];
    const named = (sql: string) =>
      database
        .prepare(sql)
        .all()
        .map((row) => Object.values(row));
    const tables = named("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    return {
      sqlite: String(one('SELECT sqlite_version()')),
      pages: {
        bytes: Number(one('PRAGMA page_size')),
        all: Number(one('PRAGMA page_count')),
        free: Number(one('PRAGMA freelist_count')),
      },
      parts: Object.fromEntries(
        named('SELECT name, version FROM store_part').map(([name, version]) => [
          String(name),
          Number(version),
        ]),
      ),
      rows: Object.fromEntries(
        tables.map(([name]) => [String(name), Number(one(`SELECT count(*) FROM "${String(name)}"`))]),
      ),
    };
  } finally {
    database.close();
  }
}
