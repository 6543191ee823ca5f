// Whether the last word of a device still stands. The bridge decides this, the page only counts.
//
//   fresh     age ≤ I + g            I: interval announced; g: the larger of 3 s and I/2
//   sleeping  its agent sleeps, and now ≤ next due + time awake
//   late      after that, up to the larger of 5 I and 2 min; sleeping: until the second due time is missed
//   lost      beyond

import type { DeviceState } from '../web/api.ts';

const graceMsMin = 3_000;
const lateMsMin = 120_000;
const lateIntervals = 5;
/** How long an agent that wakes up may take until its readings are here. */
const awakeMs = 120_000;

/** What an agent announced when it last went to sleep, by its own clock. */
export interface Sleep {
  readonly announcedMs: number;
  readonly nextDueMs: number;
}

export interface Silence {
  /** Time of measuring of the newest reading. */
  readonly timeMs: number;
  readonly intervalMs: number;
  readonly sleep?: Sleep;
  readonly offline: boolean;
}

/** Longest age of a value that still counts as current. */
export const freshMsMax = (intervalMs: number): number => intervalMs + Math.max(graceMsMin, intervalMs / 2);

export function judge(silence: Silence, nowMs: number): DeviceState {
  const { sleep, timeMs } = silence;
  // A reading taken since the agent woke up ends the sleep for its device.
  const state = sleep && timeMs <= sleep.announcedMs ? asleep(silence, sleep, nowMs) : awake(silence, nowMs);
  return silence.offline && (state === 'fresh' || state === 'sleeping') ? 'late' : state;
}

/** When the next reading should be there, as far as it is known. */
export function nextDue({ sleep, timeMs, intervalMs }: Silence): number {
  return sleep && timeMs <= sleep.announcedMs ? sleep.nextDueMs : timeMs + intervalMs;
}

function awake({ timeMs, intervalMs }: Silence, nowMs: number): DeviceState {
  const ageMs = nowMs - timeMs;
  if (ageMs <= freshMsMax(intervalMs)) return 'fresh';
  return ageMs <= Math.max(lateIntervals * intervalMs, lateMsMin) ? 'late' : 'lost';
}

function asleep({ timeMs, intervalMs }: Silence, sleep: Sleep, nowMs: number): DeviceState {
  const periodMs = Math.max(intervalMs, sleep.nextDueMs - sleep.announcedMs);
  // Times the agent woke up and slept again without a reading of this device.
  const missedByDevice = Math.round((sleep.announcedMs - timeMs) / periodMs);
  const overdueMs = nowMs - sleep.nextDueMs - awakeMs;
  const missedByAgent = overdueMs <= 0 ? 0 : Math.ceil(overdueMs / periodMs);
  const missed = missedByDevice + missedByAgent;
  return missed === 0 ? 'sleeping' : missed === 1 ? 'late' : 'lost';
}

/** Most gaps between readings that are remembered of a device that announces no interval. */
export const gapsMax = 9;
const gapsMin = 3;
/** Until there are gaps to learn from. */
const assumedIntervalMs = 60_000;

/** The interval of a device that announces none: the median of its recent gaps. */
export function learnedIntervalMs(gapsMs: readonly number[]): number | undefined {
  if (gapsMs.length < gapsMin) return undefined;
  return gapsMs.toSorted((a, b) => a - b)[Math.floor(gapsMs.length / 2)];
}

export function intervalMsOf(announcedSeconds: number | undefined, gapsMs: readonly number[]): number {
  return announcedSeconds === undefined
    ? (learnedIntervalMs(gapsMs) ?? assumedIntervalMs)
    : announcedSeconds * 1000;
}
