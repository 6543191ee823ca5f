// Readings as the text that a store is written in, made when they come, or from the log group by group for one that is
// further behind: what is parsed and alive are the readings of one group, and what waits are bytes.

import type { Log } from '../log/log.ts';
import type { StoredReading } from '../message.ts';
import type { Point } from './sink.ts';

export interface ReadyText {
  /** Position of its last reading. */
  readonly upTo: number;
  readonly oldestMs: number;
  readonly text: Uint8Array;
  /** Made again from the log: newer ones wait beside it. */
  readonly isBehind?: true;
}

export interface Ready {
  /** What comes after a position, about `limit` readings at most. `undefined`: it cannot be had as text, or is missing. */
  next(after: number, limit: number): ReadyText | undefined;
  /**
   * The newest, whatever is missing before them, but for those up to a position. Without text when there are more than
   * `max`: a flood that nobody waits for.
   */
  newest(after: number, max: number): ReadyText | undefined;
  /** What was made is made again from the log: a device has another name. */
  forget(): void;
}

interface Group extends ReadyText {
  readonly first: number;
}

/** Some 36,000 readings: by about so many a store falls behind while the broker empties a queue of 200,000. */
const followingBytesMax = 6 * 1_048_576;
/** For a store that is so far behind that it reads from the log: the newest of them. */
const behindBytesMax = 2 * 1_048_576;
/** Readings at a time of what is made again: a backlog is long, and what is made for it is garbage soon. */
const againMax = 3_000;

export function keepReady(
  log: Pick<Log, 'read' | 'onStored'>,
  toPoints: (reading: StoredReading) => readonly Point[],
  encode: (point: Point) => string,
): Ready {
  let groups: Group[] = [];
  let bytes = 0;
  let isAsked = false;
  /** Nobody asked for a whole memory long: the store is away, and what it will want then is in the log. */
  let isIdle = false;
  let bytesMax = followingBytesMax;

  const clear = (): void => {
    groups = [];
    bytes = 0;
  };
  log.onStored((readings) => {
    if (isIdle) return;
    const group = groupOf(readings, toPoints, encode);
    const newest = groups.at(-1);
    if (group === undefined || (newest !== undefined && group.first !== newest.upTo + 1)) clear();
    if (group === undefined) return;
    groups.push(group);
    bytes += group.text.length;
    if (bytes <= bytesMax) return;
    isIdle = !isAsked;
    isAsked = false;
    if (isIdle) clear();
    while (bytes > bytesMax / 2) bytes -= groups.shift()?.text.length ?? bytes;
  });
  const groupsOfLog = (after: number, limit: number): Group[] => {
    const found: Group[] = [];
    for (let position = after; position - after < Math.min(limit, againMax); ) {
      const group = groupOf(log.read(position, 1), toPoints, encode);
      if (group === undefined || group.first !== position + 1) break;
      found.push(group);
      position = group.upTo;
    }
    return found;
  };
  const ask = (): void => {
    isAsked = true;
    isIdle = false;
  };
  return {
    forget: clear,
    next: (after, limit) => {
      ask();
      const begin = groups.findIndex(({ upTo }) => upTo > after);
      const first = groups[begin];
      if (first === undefined || first.first > after + 1) {
        const again = groupsOfLog(after, limit);
        bytesMax = again.length > 0 ? behindBytesMax : followingBytesMax;
        const text = together(again);
        return text && { ...text, isBehind: true };
      }
      bytesMax = followingBytesMax;
      let end = begin + 1;
      while (end < groups.length && (groups[end]?.upTo ?? 0) - after <= limit) end++;
      return together(groups.slice(begin, end));
    },
    newest: (after, max) => {
      ask();
      const found = groups.filter(({ upTo }) => upTo > after);
      const [oldest] = found;
      const last = found.at(-1);
      if (oldest === undefined || last === undefined) return undefined;
      if (last.upTo - oldest.first >= max) return { ...last, text: new Uint8Array() };
      return together(found);
    },
  };
}

/** `undefined`: one of them cannot be written in text, or is missing. */
function groupOf(
  readings: readonly StoredReading[],
  toPoints: (reading: StoredReading) => readonly Point[],
  encode: (point: Point) => string,
): Group | undefined {
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined) return undefined;
  // What is missing in between is counted by whoever looks at each.
  if (last.position - first.position !== readings.length - 1) return undefined;
  let lines = '';
  let oldestMs = Number.POSITIVE_INFINITY;
  try {
    for (const reading of readings) {
      // What waits for its time comes again at another position.
      if (reading.waits) continue;
      for (const point of toPoints(reading)) {
        lines += `${encode(point)}\n`;
        if (point.timeMs < oldestMs) oldestMs = point.timeMs;
      }
    }
  } catch {
    // Whoever reads it from the log isolates it, and says what is wrong with it.
    return undefined;
  }
  return { first: first.position, upTo: last.position, oldestMs, text: Buffer.from(lines) };
}

function together(groups: readonly Group[]): ReadyText | undefined {
  const last = groups.at(-1);
  if (last === undefined || groups.length === 1) return last;
  return {
    upTo: last.upTo,
    oldestMs: Math.min(...groups.map(({ oldestMs }) => oldestMs)),
    text: Buffer.concat(groups.map(({ text }) => text)),
  };
}
