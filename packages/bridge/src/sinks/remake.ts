// A change of the past in a store: points of a name that is none any more are removed, and readings are written under
// the name they have now. Windows are not written here: the tiers give them to the sink again.

import type { StoredReading } from '../message.ts';
import { writeIsolating } from './isolate.ts';
import { readingPoints } from './point.ts';
import { RefusedError, type Removal, type Sink, UnavailableError } from './sink.ts';

export interface Remake {
  readonly removals: readonly Removal[];
  readonly readings: () => Iterable<StoredReading>;
}

const batchReadings = 2_000;

/** What was done, or what is still to be done by hand, in words. */
export async function remake(sink: Sink, { removals, readings }: Remake): Promise<string> {
  if (sink.remove === undefined)
    return 'what it has stays there under the old name, this kind of store cannot';
  try {
    await sink.prepare?.();
    let written = 0;
    for (const batch of batchesOf(readings())) {
      await write(sink, batch);
      written += batch.length;
    }
    // What can be written again has been, before the old is removed.
    await sink.remove(removals);
    const again = written === 0 ? '' : `; ${written} readings are written again, windows follow`;
    return `the old name is removed${again}`;
  } catch (error) {
    if (!(error instanceof UnavailableError || error instanceof RefusedError)) throw error;
    return `what it has stays there under the old name: ${error.message}`;
  }
}

function* batchesOf(readings: Iterable<StoredReading>): Generator<readonly StoredReading[]> {
  let batch: StoredReading[] = [];
  for (const reading of readings) {
    batch.push(reading);
    if (batch.length < batchReadings) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** What the store refused once it refuses again: that is known and counted already. */
async function write(sink: Sink, batch: readonly StoredReading[]): Promise<void> {
  const outgoing = batch.flatMap((reading) => {
    const points = readingPoints(reading);
    const item = { position: reading.position, timeMs: reading.timeMs, points };
    return points.map((point) => ({ item, point }));
  });
  await writeIsolating(outgoing, sink);
}
