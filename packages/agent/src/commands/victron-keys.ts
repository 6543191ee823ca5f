// Addresses and keys out of a VictronConnect database, so that nobody has to copy 32 digits from a phone.
// The file is SQLite; its name differs between versions and systems, so only its tables are looked for.

import { DatabaseSync } from 'node:sqlite';
import { type ExitCode, exitCodes, type Terminal, UsageError } from '@wattline/program';

export interface VictronKey {
  /** AA:BB:CC:DD:EE:FF. */
  readonly address: string;
  /** 32 hex digits. Absent when what stands in the database is no key. */
  readonly key?: string;
  /** What is wrong with this row. */
  readonly problem?: string;
  /** macOS knows devices by an identifier of its own, valid on that machine only. */
  readonly appleId?: string;
}

const bluetoothAddressDigits = 12;
const keyDigits = 32;

/**
 * Reads every key. The file is opened for reading only: the app may hold it.
 *
 * @throws Error in words when the file is no VictronConnect database.
 */
export function readVictronKeys(file: string): VictronKey[] {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(file, { readOnly: true });
  } catch (error) {
    throw new Error(`${file} could not be opened: ${(error as Error).message}`);
  }
  try {
    if (!hasTable(database, 'advertisementKeys')) throw notVictronConnect(file);
    const names = hasTable(database, 'macAddresses')
      ? 'LEFT JOIN macAddresses ON macAddresses.macAddress = advertisementKeys.macAddress'
      : '';
    const alias = names === '' ? 'NULL' : 'macAddresses.address';
    const rows = database
      .prepare(
        `SELECT advertisementKeys.macAddress AS mac, advertisementKey AS key, ${alias} AS alias FROM advertisementKeys ${names} ORDER BY advertisementKeys.rowid`,
      )
      .all();
    return rows.map(({ mac, key, alias }) => keyOf(digitsOf(mac), digitsOf(key), textOf(alias)));
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SQLITE_ERROR') throw notVictronConnect(file);
    throw error;
  } finally {
    database.close();
  }
}

const notVictronConnect = (file: string): Error =>
  new Error(
    `${file} is no VictronConnect database: it has no table advertisementKeys. Look for the .sqlite file in VictronConnect's folder`,
  );

function hasTable(database: DatabaseSync, name: string): boolean {
  return (
    database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !== undefined
  );
}

/** Texts in any notation, and blobs, as lower-case hex digits. */
function digitsOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return textOf(value)
    .replace(/[^0-9A-Za-z]/g, '')
    .toLowerCase();
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function keyOf(address: string, key: string, alias: string): VictronKey {
  const appleId = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i.exec(alias)?.[1];
  return {
    address:
      address.length === bluetoothAddressDigits
        ? (address.toUpperCase().match(/../g) ?? []).join(':')
        : address,
    ...keyOrProblem(key),
    ...(appleId === undefined ? {} : { appleId }),
  };
}

function keyOrProblem(key: string): { key: string } | { problem: string } {
  if (/^[0-9a-f]*$/.test(key) && key.length === keyDigits) return { key };
  return {
    problem: `a key has ${keyDigits} hex digits, this one has ${key.length}: connect to the device with VictronConnect once more`,
  };
}

export function showVictronKeys(terminal: Terminal, file: string, json: boolean): ExitCode {
  const keys = readKeysOf(file);
  if (json) for (const key of keys) terminal.printJson(key);
  else
    terminal.printTable(
      ['address', 'key'],
      keys.map(({ address, key, problem }) => [address, key ?? problem ?? '']),
    );
  if (keys.length === 0)
    terminal.writeError(`${file} holds no keys: connect to the device with VictronConnect once\n`);
  return exitCodes.done;
}

function readKeysOf(file: string): VictronKey[] {
  try {
    return readVictronKeys(file);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
