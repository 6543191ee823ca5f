// The newest readings as they were parsed when they came: who follows the log closely does not read them from disk and
// parse them again. A bounded piece of the end of the log, without a gap.

import type { StoredReading } from '../message.ts';
import type { Log } from './log.ts';

type Source = Pick<Log, 'read' | 'head' | 'tail' | 'onStored'>;

/** Some megabytes. */
const readingsMax = 10_000;

/** The log, read from memory where it is there. */
export function withRecent(log: Source): Pick<Log, 'read' | 'head'> {
  /** As they were committed. */
  let groups: (readonly StoredReading[])[] = [];
  let count = 0;

  const forgetOldest = (): void => {
    count -= groups.shift()?.length ?? 0;
  };
  /** Index of the first group that ends after a position. */
  const find = (position: number): number => {
    let low = 0;
    let high = groups.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lastOf(groups[middle]) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  log.onStored((readings) => {
    const [first] = readings;
    const newest = groups.at(-1);
    if (newest !== undefined && first?.position !== lastOf(newest) + 1) {
      groups = [];
      count = 0;
    }
    groups.push(readings);
    count += readings.length;
    while (count > readingsMax && groups.length > 1) forgetOldest();
  });
  /** `undefined`: not all that the log holds is here. */
  const fromMemory = (after: number, limit: number): readonly StoredReading[] | undefined => {
    const oldest = groups[0]?.[0];
    // What has left the log is lost to whoever was too slow, wherever it is read from.
    if (oldest === undefined || after + 1 < Math.max(oldest.position, log.tail())) return undefined;
    const found: StoredReading[] = [];
    for (let index = find(after); found.length < Math.max(1, limit); index++) {
      const group = groups[index];
      if (group === undefined) break;
      for (const reading of group) if (reading.position > after) found.push(reading);
    }
    return found;
  };
  return {
    head: () => log.head(),
    read: (after, limit) => fromMemory(after, limit) ?? log.read(after, limit),
  };
}

const lastOf = (group: readonly StoredReading[] | undefined): number => group?.at(-1)?.position ?? 0;
