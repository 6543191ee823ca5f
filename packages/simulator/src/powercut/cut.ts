// What a power cut can leave of a directory. Safe are the bytes of a file after a sync of that file, and a name after
// a sync of its directory. Of the rest the disk may have kept nothing, everything, only the newest, any part,
// or any 512-byte part.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Named, Operation } from './operations.ts';

export const outcomes = ['nothing', 'everything', 'newest', 'some', 'torn'] as const;
export type Outcome = (typeof outcomes)[number];

const sectorBytes = 512;

/** Reproducible, in [0, 1). */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** For each operation the index of the sync that makes it safe; Infinity when none does. */
export function safeFrom(operations: readonly Operation[]): number[] {
  const safe = operations.map(() => Number.POSITIVE_INFINITY);
  let waiting: number[] = [];
  for (const [index, operation] of operations.entries()) {
    if (operation.is === 'write' || operation.is === 'size' || operation.is === 'names') waiting.push(index);
    if (operation.is !== 'sync') continue;
    waiting = waiting.filter((earlier) => {
      const made = operations[earlier];
      const covered =
        earlier < operation.began &&
        (made?.is === 'names'
          ? made.directory === operation.of
          : (made?.is === 'write' || made?.is === 'size') && made.file === operation.of);
      if (covered) safe[earlier] = index;
      return !covered;
    });
  }
  return safe;
}

/** Lays out in `directory` what a cut before the operation `at` could leave of `root`. */
export function layOut(
  operations: readonly Operation[],
  safe: readonly number[],
  at: number,
  outcome: Outcome,
  random: Random,
  root: string,
  directory: string,
): void {
  const done = operations.slice(0, at);
  const isOpen = (index: number): boolean => (safe[index] ?? 0) >= at;
  const openIndexes = done.flatMap(({ is }, index) =>
    is !== 'word' && is !== 'sync' && isOpen(index) ? [index] : [],
  );
  const openNames = openIndexes.filter((index) => operations[index]?.is === 'names');
  // A journal keeps names in order: from some point on they are gone.
  const firstNameLost = openNames[Math.floor(random() * (openNames.length + 1))] ?? Number.POSITIVE_INFINITY;
  const share = random();
  const keeps = (index: number, is: Operation['is']): boolean => {
    if (!isOpen(index) || outcome === 'everything') return true;
    if (outcome === 'nothing') return false;
    if (outcome === 'newest') return index === openIndexes.at(-1);
    return is === 'names' ? index < firstNameLost : random() < share;
  };
  const files = new Map<number, Buffer>();
  const tree = new Map<string, Named>();
  for (const [index, operation] of done.entries()) {
    if (operation.is === 'word' || operation.is === 'sync') continue;
    if (keeps(index, operation.is)) applyTo(files, tree, operation);
    else if (operation.is === 'write' && outcome === 'torn') tear(files, operation, () => random() < share);
  }
  writeTree(tree, files, root, directory);
}

function applyTo(files: Map<number, Buffer>, tree: Map<string, Named>, operation: Operation): void {
  if (operation.is === 'names') {
    for (const [path, named] of operation.names) tree.set(path, named);
  } else if (operation.is === 'size') {
    files.set(operation.file, grown(files, operation.file, operation.length).subarray(0, operation.length));
  } else if (operation.is === 'write') {
    const { file, offset, bytes } = operation;
    bytes.copy(grown(files, file, offset + bytes.length), offset);
  }
}

function tear(
  files: Map<number, Buffer>,
  { file, offset, bytes }: Extract<Operation, { is: 'write' }>,
  keeps: () => boolean,
): void {
  for (let from = offset; from < offset + bytes.length; ) {
    const to = Math.min((Math.floor(from / sectorBytes) + 1) * sectorBytes, offset + bytes.length);
    if (keeps()) bytes.copy(grown(files, file, to), from, from - offset, to - offset);
    from = to;
  }
}

/** The file's bytes, at least so many. */
function grown(files: Map<number, Buffer>, file: number, length: number): Buffer {
  const bytes = files.get(file) ?? Buffer.alloc(0);
  const long = bytes.length >= length ? bytes : Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);
  files.set(file, long);
  return long;
}

function writeTree(
  tree: ReadonlyMap<string, Named>,
  files: ReadonlyMap<number, Buffer>,
  root: string,
  directory: string,
): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  // What is in a directory is gone with its name.
  const isThere = (path: string): boolean =>
    path === root || (tree.get(path) === 'directory' && isThere(dirname(path)));
  for (const [path, named] of [...tree].sort()) {
    if (named === undefined || !isThere(dirname(path))) continue;
    const to = join(directory, relative(root, path));
    if (named === 'directory') mkdirSync(to);
    else writeFileSync(to, files.get(named) ?? '');
  }
}
