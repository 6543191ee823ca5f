// A small disk of its own for the store, the outbox and the files, which can be filled to the last byte.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Disk {
  readonly path: string;
  /** Nothing more can be written until `free`. */
  fill(): void;
  free(): void;
  close(): void;
}

const mebibytes = 192;

/** Not without root, and not in every container. */
export function canMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'wattline-mount-'));
  try {
    mountDisk(join(path, 'disk')).close();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(path, { recursive: true });
  }
}

/** @throws Error in words where a file system cannot be mounted */
export function mountDisk(path: string): Disk {
  mkdirSync(path);
  const options = ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'wattline', path];
  const { status, stderr, error } = spawnSync('mount', options, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a disk cannot be mounted here: ${stderr?.trim() || error}`);
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: () => {
      const file = openSync(ballast, 'a');
      // What is left at the end is less than a page.
      for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) writeAll(file, Buffer.alloc(size));
      closeSync(file);
    },
    free: () => rmSync(ballast, { force: true }),
    close: () => void spawnSync('umount', ['--lazy', path]),
  };
}

function writeAll(file: number, bytes: Buffer): void {
  try {
    while (writeSync(file, bytes) === bytes.length);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
