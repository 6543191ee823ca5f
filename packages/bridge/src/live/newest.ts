// The newest known of one device: every value with its own time, so that an old value never looks like a new one.

import type { Value } from '@wattline/protocols';
import type { StoredReading } from '../message.ts';
import { gapsMax } from './freshness.ts';

export interface TimedValue {
  readonly value: Value;
  readonly timeMs: number;
}

/** Changes in place: this is on the way of every reading. */
export interface Newest {
  /** The newest reading by time of measuring. */
  reading: StoredReading;
  timeMs: number;
  readonly values: Map<string, TimedValue>;
  /** Between readings that announce no interval, the latest last. */
  readonly gapsMs: number[];
}

/** Fields of one device that are remembered; a device that invents names forgets those it named longest ago. */
export const fieldsMax = 1_000;

/** Nothing is measured after it arrived: a clock that runs ahead must not make a value look new for longer. */
export const measuredMs = ({ timeMs, receivedMs }: StoredReading): number => Math.min(timeMs, receivedMs);

export function firstKnown(reading: StoredReading): Newest {
  const newest = { reading, timeMs: measuredMs(reading), values: new Map<string, TimedValue>(), gapsMs: [] };
  takeValues(newest.values, reading, newest.timeMs);
  return newest;
}

/** Takes in a reading, in whatever order readings arrive. */
export function takeReading(newest: Newest, reading: StoredReading): void {
  const timeMs = measuredMs(reading);
  takeValues(newest.values, reading, timeMs);
  const gapMs = timeMs - newest.timeMs;
  if (gapMs < 0) return;
  newest.reading = reading;
  newest.timeMs = timeMs;
  if (reading.intervalSeconds !== undefined || gapMs === 0) return;
  newest.gapsMs.push(gapMs);
  if (newest.gapsMs.length > gapsMax) newest.gapsMs.shift();
}

function takeValues(known: Map<string, TimedValue>, { values }: StoredReading, timeMs: number): void {
  for (const field in values) {
    const value = values[field];
    const before = known.get(field);
    if (value === undefined || (before !== undefined && before.timeMs > timeMs)) continue;
    known.set(field, { value, timeMs });
  }
  if (known.size <= fieldsMax) return;
  const oldestFirst = [...known].sort(([, a], [, b]) => a.timeMs - b.timeMs);
  for (const [field] of oldestFirst.slice(0, known.size - fieldsMax)) known.delete(field);
}
