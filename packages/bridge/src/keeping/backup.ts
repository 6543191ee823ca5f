// A consistent copy of the store as one file, made by another process while the bridge runs: SQLite's online backup
// within one read transaction, so that it shows one moment however much is written meanwhile. Pages go to the disk in
// small portions: the journal's syncs, and with them the acknowledgements, do not wait behind hundreds of megabytes.

import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { constants, setPriority } from 'node:os';
import { dirname, resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { UsageError } from '@wattline/program';
import { openReader, syncFolder } from '../store.ts';
import { type Contents, examineStore } from './examine.ts';

interface BackupOptions {
  /** Of the store. */
  readonly file: string;
  readonly into: string;
  /** A file that is there already is replaced, once the new one is whole. */
  readonly replaces: boolean;
  /** Share done, from 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Two megabytes. */
const pagesPerStep = 512;

/**
 * The copy holds all that was acknowledged before this was called, and appears when it is whole, examined and synced.
 * Only its owner may read it: it holds what the store holds.
 * @throws Error in words; nothing is left behind then
 */
export async function backUpStore(options: BackupOptions): Promise<Contents> {
  const into = resolve(options.into);
  const { replaces } = options;
  if (!replaces && existsSync(into)) throw taken(into);
  // On Linux the priority is the process's own: acknowledgements go first.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const partial = `${into}.partial`;
  rmSync(partial, { force: true });
  const descriptor = openSync(partial, 'wx', 0o600);
  try {
    await copyPages(options, partial, descriptor);
    makeOneFile(partial);
    const contents = examineStore(partial);
    fsyncSync(descriptor);
    appear(partial, into, replaces);
    return contents;
  } finally {
    closeSync(descriptor);
    for (const suffix of ['', '-journal']) rmSync(partial + suffix, { force: true });
  }
}

async function copyPages({ file, onProgress, signal }: BackupOptions, partial: string, descriptor: number) {
  const reader = openReader(file);
  try {
    reader.exec('BEGIN');
    // The first look decides which moment is copied.
    reader.prepare('SELECT count(*) FROM store_part').get();
    await backup(reader, partial, {
      rate: pagesPerStep,
      progress: ({ totalPages, remainingPages }) => {
        signal.throwIfAborted();
        fdatasyncSync(descriptor);
        onProgress(1 - remainingPages / totalPages);
      },
    });
  } finally {
    reader.close();
  }
}

/** As it comes, the copy asks for a journal of its own beside it. */
function makeOneFile(partial: string): void {
  const database = new DatabaseSync(partial);
  database.exec('PRAGMA journal_mode = DELETE');
  database.close();
}

function appear(partial: string, into: string, replaces: boolean): void {
  if (replaces) renameSync(partial, into);
  else {
    try {
      // A link does not replace what came there meanwhile.
      linkSync(partial, into);
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? taken(into) : error;
    }
  }
  syncFolder(dirname(into));
}

const taken = (into: string): Error =>
  new UsageError(`${into} is there already: choose another name, or say --force to replace it`);
