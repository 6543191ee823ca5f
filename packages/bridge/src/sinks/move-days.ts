// The files of a device become those of another, or go. Every step leaves each row in one file or in both, and can be done
// again: a row that is in both is one row when they are put together.

import { join } from 'node:path';
import {
  compressedPath,
  type DayFile,
  type FileSystem,
  mergeRows,
  orMissing,
  readRows,
  syncFolder,
} from './day-file.ts';

export interface DayFolders {
  readonly fs: FileSystem;
  /** The folder of all devices. */
  readonly path: string;
  readonly dayFile: (path: string) => DayFile;
  /** With the groups `day`, the file's name without `.gz`, and `unfinished` where a write broke off. */
  readonly dayName: RegExp;
  readonly report: (text: string) => void;
}

/** Folders by their names. What is there already under the other name stays, and gets the rows that it lacks. */
export async function moveDays(folders: DayFolders, from: string, into: string): Promise<void> {
  const { fs, path } = folders;
  if (from === into || (await orMissing(fs.stat(join(path, from)))) === undefined) return;
  if ((await orMissing(fs.stat(join(path, into)))) === undefined) {
    await fs.rename(join(path, from), join(path, into));
    await syncFolder(fs, path);
    return;
  }
  for (const day of await daysOf(folders, from)) await moveDay(folders, from, into, day);
  // What has no rows: other programs' files, and copies of what was damaged.
  for (const name of await fs.readdir(join(path, from))) {
    const isTaken = (await orMissing(fs.stat(join(path, into, name)))) !== undefined;
    await moveFile(folders, join(from, name), join(into, isTaken ? `${name}.${from}` : name));
  }
  await fs.rmdir(join(path, from));
  await syncFolder(fs, path);
}

/** Files of other programs stay, and with them the folder. */
export async function removeDays(folders: DayFolders, folder: string): Promise<void> {
  const { fs, path, dayName, report } = folders;
  const names = await orMissing(fs.readdir(join(path, folder)));
  if (names === undefined) return;
  const isOurs = (name: string): boolean => dayName.test(name.replace(/\.damaged$/, ''));
  for (const name of names.filter(isOurs)) await orMissing(fs.unlink(join(path, folder, name)));
  await syncFolder(fs, join(path, folder));
  const others = names.filter((name) => !isOurs(name));
  if (others.length > 0) {
    report(`${join(path, folder)} stays with what is not of this program: ${others.join(', ')}.`);
    return;
  }
  await fs.rmdir(join(path, folder));
  await syncFolder(fs, path);
}

/** Names of days, without `.gz`; what broke off is not one, and goes. */
async function daysOf({ fs, path, dayName }: DayFolders, folder: string): Promise<readonly string[]> {
  const days = new Set<string>();
  for (const name of (await fs.readdir(join(path, folder))).toSorted()) {
    const { day, unfinished } = dayName.exec(name)?.groups ?? {};
    if (unfinished !== undefined) await fs.unlink(join(path, folder, name));
    else if (day !== undefined) days.add(day);
  }
  return [...days];
}

async function moveDay(folders: DayFolders, from: string, into: string, day: string): Promise<void> {
  const { fs, path, dayFile } = folders;
  const target = join(path, into, day);
  const exists = async (file: string): Promise<boolean> => (await orMissing(fs.stat(file))) !== undefined;
  if ((await exists(target)) || (await exists(compressedPath(target)))) {
    await mergeRows(dayFile(target), await readRows(dayFile(join(path, from, day))), false);
    for (const name of [day, compressedPath(day)]) await orMissing(fs.unlink(join(path, from, name)));
    await syncFolder(fs, join(path, from));
    return;
  }
  for (const name of [day, compressedPath(day)]) {
    if (await exists(join(path, from, name))) await moveFile(folders, join(from, name), join(into, name));
  }
}

async function moveFile({ fs, path }: DayFolders, from: string, into: string): Promise<void> {
  await fs.rename(join(path, from), join(path, into));
  await syncFolder(fs, join(path, into, '..'));
  await syncFolder(fs, join(path, from, '..'));
}
