import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { readVictronKeys } from '../src/commands/victron-keys.ts';

let folder = '';
beforeEach(() => {
  folder = scratchFolder();
});

function databaseOf(...statements: string[]): string {
  const file = join(folder, 'app.sqlite');
  const database = new DatabaseSync(file);
  for (const statement of statements) database.exec(statement);
  database.close();
  return file;
}

const keys = 'CREATE TABLE advertisementKeys (macAddress TEXT, advertisementKey TEXT)';
const addresses = 'CREATE TABLE macAddresses (macAddress TEXT, address TEXT)';

test('keys are read with their addresses, whatever the operating system calls the device', () => {
  const file = databaseOf(
    keys,
    addresses,
    "INSERT INTO advertisementKeys VALUES ('a0f478020fe1','0df4d0395b7d1a876c0c33ecb9e70dcd')",
    "INSERT INTO macAddresses VALUES ('a0f478020fe1','{763aeff5-1334-e64a-ab30-a0f478520fe1}')",
    "INSERT INTO advertisementKeys VALUES ('efc1198d6f2b','aff4d0995b7d1e176c0c33ecb9e70dcd')",
    "INSERT INTO macAddresses VALUES ('efc1198d6f2b','ef:c1:19:8d:6f:2b')",
    "INSERT INTO advertisementKeys VALUES ('c0ffee001122','da3f5fa2860cb1cf86ba7a6d1d16b9dd')",
  );
  expect(readVictronKeys(file)).toEqual([
    {
      address: 'A0:F4:78:02:0F:E1',
      key: '0df4d0395b7d1a876c0c33ecb9e70dcd',
      appleId: '763aeff5-1334-e64a-ab30-a0f478520fe1',
    },
    { address: 'EF:C1:19:8D:6F:2B', key: 'aff4d0995b7d1e176c0c33ecb9e70dcd' },
    { address: 'C0:FF:EE:00:11:22', key: 'da3f5fa2860cb1cf86ba7a6d1d16b9dd' },
  ]);
});

test('a key that lost a digit is reported, not used', () => {
  const file = databaseOf(
    keys,
    "INSERT INTO advertisementKeys VALUES ('c0ffee001133','da3f5fa2860cb1cf86ba7a6d1d16b9d')",
  );
  expect(readVictronKeys(file)).toEqual([
    { address: 'C0:FF:EE:00:11:33', problem: expect.stringContaining('32 hex digits, this one has 31') },
  ]);
});

test('blobs, capitals and colons are read as well', () => {
  const file = databaseOf(
    'CREATE TABLE advertisementKeys (macAddress BLOB, advertisementKey BLOB)',
    "INSERT INTO advertisementKeys VALUES (x'a0f478020fe1', x'0df4d0395b7d1a876c0c33ecb9e70dcd')",
    "INSERT INTO advertisementKeys VALUES ('EF:C1:19:8D:6F:2B', 'AFF4D0995B7D1E176C0C33ECB9E70DCD')",
  );
  expect(readVictronKeys(file)).toEqual([
    { address: 'A0:F4:78:02:0F:E1', key: '0df4d0395b7d1a876c0c33ecb9e70dcd' },
    { address: 'EF:C1:19:8D:6F:2B', key: 'aff4d0995b7d1e176c0c33ecb9e70dcd' },
  ]);
});

test('another database and another file are told apart from it in words', () => {
  expect(() => readVictronKeys(databaseOf('CREATE TABLE other (a TEXT)'))).toThrow(
    /no table advertisementKeys/,
  );
  const text = join(folder, 'notes.txt');
  writeFileSync(text, 'not a database at all, but long enough to be looked at as one'.repeat(10));
  expect(() => readVictronKeys(text)).toThrow(/no VictronConnect database/);
  expect(() => readVictronKeys(join(folder, 'missing.sqlite'))).toThrow(/could not be opened/);
});
