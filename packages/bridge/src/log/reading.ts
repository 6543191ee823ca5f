// From a message that was parsed, and what the log found out about it, to the reading that everybody works with.

import type { ParsedReading } from '@wattline/protocols';
import { kindOf } from '../ingest/ingest.ts';
import { readAgain } from '../ingest/replaced.ts';
import type { SeriesKey, StoredReading } from '../message.ts';
import type { GroupRecord } from './group.ts';

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

interface Placement {
  readonly timeMs: number;
  readonly receivedMs: number;
  /** The sender's clock was not set; its time was found by its boot, so it is as good as any. */
  readonly placed: boolean;
  /** Its time is not known yet. */
  readonly waits?: boolean;
}

export function toReading(
  parsed: ParsedReading,
  position: number,
  series: SeriesKey,
  place: Placement,
): StoredReading {
  const reading: Mutable<StoredReading> = {
    position,
    series,
    timeMs: place.timeMs,
    receivedMs: place.receivedMs,
    clock: place.placed ? 'synced' : (parsed.clock ?? 'synced'),
    kind: kindOf(parsed),
    values: parsed.values,
  };
  if (place.waits) reading.waits = true;
  if (parsed.definition !== undefined) reading.definition = parsed.definition;
  if (parsed.model !== undefined) reading.model = parsed.model;
  if (parsed.intervalSeconds !== undefined) reading.intervalSeconds = parsed.intervalSeconds;
  if (parsed.site !== undefined) reading.site = parsed.site;
  return reading;
}

/** A record of a group, read again. `undefined`: what was a reading when it came is none by today's rules. */
export function readRecord(
  record: GroupRecord,
  position: number,
  series: SeriesKey,
): StoredReading | undefined {
  const parsed = readAgain(record);
  return parsed && toReading(parsed, position, series, record);
}
