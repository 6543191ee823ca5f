// What was given up and is not yet announced: a file of ranges, one a frame, replaced as a whole.

import { join } from 'node:path';
import { readRange, type SequenceRange, writeRange } from './entry.ts';
import { readFileOrEmpty, replaceFile } from './files.ts';
import { encodeFrame, readFrames } from './frame.ts';
import { addRange, subtractRanges } from './ranges.ts';

/** More are forgotten, oldest first: the bridge then sees an open gap, or nothing of a stream it never met. */
const rangesMax = 10_000;
const evictedFile = 'evicted';

export interface Evicted {
  ranges(): readonly SequenceRange[];
  /** Resolves when it survives a power cut. */
  add(ranges: readonly SequenceRange[]): Promise<void>;
  remove(ranges: readonly SequenceRange[]): Promise<void>;
}

export async function openEvicted(directory: string): Promise<Evicted> {
  let current = await readEvicted(directory);
  const replace = async (next: readonly SequenceRange[]): Promise<void> => {
    await replaceFile(
      directory,
      evictedFile,
      Buffer.concat(next.map((range) => encodeFrame(writeRange(range)))),
    );
    current = next;
  };
  return {
    ranges: () => current,
    add(ranges) {
      const next = [...current];
      for (const range of ranges) addRange(next, range);
      return replace(next.slice(-rangesMax));
    },
    remove: (ranges) => replace(subtractRanges(current, ranges)),
  };
}

/** Empty when nothing was given up. Throws what the file system throws. */
export async function readEvicted(directory: string): Promise<readonly SequenceRange[]> {
  const bytes = await readFileOrEmpty(join(directory, evictedFile));
  return readFrames(bytes).frames.flatMap(({ body }) => readRange(body) ?? []);
}
