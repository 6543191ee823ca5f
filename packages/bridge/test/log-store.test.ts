import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { openReader, openStore, type SchemaPart, sqliteErrorCode } from '../src/store.ts';

let path: string;
beforeEach(() => {
  path = scratchFolder();
});

const numbers: SchemaPart = { name: 'numbers', migrations: ['CREATE TABLE number (value INTEGER)'] };
const pragma = (database: DatabaseSync, name: string) => database.prepare(`PRAGMA ${name}`).get()?.[name];

test('every commit is synced: write-ahead log, synchronous FULL', () => {
  const { database, close } = openStore({ path, parts: [] });
  expect(pragma(database, 'journal_mode')).toBe('wal');
  expect(pragma(database, 'synchronous')).toBe(2);
  expect(pragma(database, 'auto_vacuum')).toBe(2);
  close();
});

test('a second bridge on the same store is refused in words, and let in when the first is gone', () => {
  const first = openStore({ path, parts: [] });
  expect(() => openStore({ path, parts: [] })).toThrow(/in use by another bridge/);
  first.close();
  openStore({ path, parts: [] }).close();
});

test('a reader sees what is committed, cannot write, and keeps nobody from writing', () => {
  const store = openStore({ path, parts: [numbers] });
  const reader = openReader(store.file);
  store.transaction(() => store.database.exec('INSERT INTO number VALUES (1)'));
  expect(reader.prepare('SELECT value FROM number').get()?.['value']).toBe(1);
  expect(() => reader.exec('INSERT INTO number VALUES (2)')).toThrow(/readonly/);
  reader.close();
  store.close();
});

test('a transaction is all or nothing', () => {
  const store = openStore({ path, parts: [numbers] });
  expect(() =>
    store.transaction(() => {
      store.database.exec('INSERT INTO number VALUES (1)');
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(
    store.transaction(() => store.database.prepare('SELECT count(*) AS n FROM number').get()?.['n']),
  ).toBe(0);
  store.close();
});

test('migrations of a part run once each, in order, and keep what is there', () => {
  const store = openStore({ path, parts: [numbers] });
  store.database.exec('INSERT INTO number VALUES (1)');
  store.close();
  const later = {
    ...numbers,
    migrations: [...numbers.migrations, "ALTER TABLE number ADD name TEXT DEFAULT 'x'"],
  };
  openStore({ path, parts: [later] }).close();
  const again = openStore({ path, parts: [later] });
  expect({ ...again.database.prepare('SELECT * FROM number').get() }).toEqual({ value: 1, name: 'x' });
  again.close();
});

test('a store of a newer program is refused in words and left as it is', () => {
  const newer = { ...numbers, migrations: [...numbers.migrations, 'CREATE TABLE more (value INTEGER)'] };
  openStore({ path, parts: [newer] }).close();
  expect(() => openStore({ path, parts: [numbers] })).toThrow(/newer wattline-bridge/);
  const database = new DatabaseSync(join(path, 'bridge.db'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => openStore({ path, parts: [newer] })).toThrow(/newer wattline-bridge/);
});

test('a migration that fails leaves nothing behind, and the store is free again', () => {
  const broken = { name: 'broken', migrations: ['CREATE TABLE one (value INTEGER); CREATE TABLE'] };
  expect(() => openStore({ path, parts: [broken] })).toThrow();
  const store = openStore({ path, parts: [numbers] });
  expect(store.database.prepare("SELECT name FROM sqlite_schema WHERE name = 'one'").get()).toBeUndefined();
  store.close();
});

test('an error of SQLite is told from any other by its number', () => {
  const { database, close } = openStore({ path, parts: [numbers] });
  try {
    database.exec('INSERT INTO nothing VALUES (1)');
  } catch (error) {
    expect(sqliteErrorCode(error)).toBe(1);
  }
  expect(sqliteErrorCode(new TypeError('x'))).toBeUndefined();
  close();
});
