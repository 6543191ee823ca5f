// Which topics the broker refuses, written down only for whoever inspects the outbox from outside:
// one frame a topic, ["topic", sinceMs, "reason"]. A start forgets them and tries again.

import { join } from 'node:path';
import { parseList } from './entry.ts';
import { readFileOrEmpty, replaceFile } from './files.ts';
import { encodeFrame, readFrames } from './frame.ts';

export interface ParkedTopic {
  readonly topic: string;
  readonly reason: string;
  /** ms since 1970. */
  readonly sinceMs: number;
}

const parkedFile = 'parked';

export const writeParked = (directory: string, topics: readonly ParkedTopic[]): Promise<void> =>
  replaceFile(
    directory,
    parkedFile,
    Buffer.concat(
      topics.map(({ topic, sinceMs, reason }) => encodeFrame(JSON.stringify([topic, sinceMs, reason]))),
    ),
  );

export async function readParked(directory: string): Promise<readonly ParkedTopic[]> {
  const { frames } = readFrames(await readFileOrEmpty(join(directory, parkedFile)));
  return frames.flatMap(({ body }) => {
    const [topic, sinceMs, reason] = parseList(body) ?? [];
    if (typeof topic !== 'string' || typeof sinceMs !== 'number' || typeof reason !== 'string') return [];
    return [{ topic, sinceMs, reason }];
  });
}
