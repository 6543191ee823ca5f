// A backup becomes the store. The one that was there is kept beside it.

import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { lockStore, storeFile, syncFolder } from '../store.ts';
import { type Contents, examineStore } from './examine.ts';

export interface Restored {
  readonly contents: Contents;
  /** Where the store that was there is now, and what it held: nothing known of one that is damaged. */
  readonly before?: { readonly file: string; readonly contents?: Contents };
}

/**
 * The bridge must not run. At every moment, also of a power cut, the folder holds one whole store: the old or the new.
 * @throws Error in words when a bridge runs, or the backup is not whole or too new; everything stays as it was then
 */
export function restoreStore(path: string, backup: string, nowMs: number): Restored {
  const lock = lockStore(path);
  try {
    const contents = examineStore(backup);
    const file = storeFile(path);
    const incoming = `${file}.incoming`;
    copyFileSync(backup, incoming);
    chmodSync(incoming, 0o600);
    syncFile(incoming);
    const before = existsSync(file) ? setAside(path, file, nowMs) : undefined;
    renameSync(incoming, file);
    syncFolder(path);
    return { contents, ...(before === undefined ? {} : { before }) };
  } finally {
    rmSync(`${storeFile(path)}.incoming`, { force: true });
    lock.close();
  }
}

/** A second name for the old store, which stays in place until the new one takes it. */
function setAside(path: string, file: string, nowMs: number): NonNullable<Restored['before']> {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
  const aside = `${file}.before-${stamp}`;
  const contents = mergeJournal(file);
  // What a damaged store leaves in its journal must never be read into the new one.
  const journal = `${file}-wal`;
  if (existsSync(journal)) renameSync(journal, `${aside}-wal`);
  rmSync(`${file}-shm`, { force: true });
  linkSync(file, aside);
  syncFolder(path);
  return { file: aside, ...(contents === undefined ? {} : { contents }) };
}

/** Brings the journal into the file, which closing the last connection removes. `undefined`: the store is damaged. */
function mergeJournal(file: string): Contents | undefined {
  try {
    const database = new DatabaseSync(file);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    return examineStore(file);
  } catch {
    return undefined;
  }
}

function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
