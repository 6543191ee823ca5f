// What of a file survives a power cut: its bytes after its own sync, its name after the sync of its directory.

import { mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The service's group may look (`outbox` command); only the owner writes. */
const directoryMode = 0o750;
export const fileMode = 0o640;

export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes the directory and those above it where they are missing, so that their names survive. Step by step: where a
 * file system lets nobody make a directory and says ENOENT, `recursive` tries for ever.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, directoryMode);
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (errorCode(error) !== 'ENOENT' || (await isThere(dirname(path)))) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path, directoryMode);
  }
  await syncDirectory(dirname(path));
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Puts a file in the place of an older one, so that a cut leaves the one or the other. */
export async function replaceFile(directory: string, name: string, bytes: Buffer): Promise<void> {
  const path = join(directory, name);
  const handle = await open(`${path}.new`, 'w', fileMode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
  await syncDirectory(directory);
}

export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
}

/** Empty when there is no such file; zeros where the disk cannot read it any more. */
export async function readFileOrEmpty(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
    if (errorCode(error) !== 'EIO') throw error;
    return readAround(path);
  }
}

async function readAround(path: string): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    return await readBlocks(size, async (into, from) => void (await handle.read(into, 0, into.length, from)));
  } finally {
    await handle.close();
  }
}

/** What a disk fails to read as a whole. */
const blockBytes = 4096;

/** Reads block by block; what cannot be read (EIO) stays zero. */
export async function readBlocks(
  bytes: number,
  read: (into: Buffer, from: number) => Promise<void>,
): Promise<Buffer> {
  const all = Buffer.alloc(bytes);
  for (let from = 0; from < bytes; from += blockBytes) {
    try {
      await read(all.subarray(from, from + blockBytes), from);
    } catch (error) {
      if (errorCode(error) !== 'EIO') throw error;
    }
  }
  return all;
}

/** The system's name of a failure (ENOSPC, EACCES, …). */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
