// Gives waiting readings their time. The record that waits stays where it is and keeps the identity; the reading stands
// anew at the head of the log, so that whoever follows the log meets it once, with the time that counts.

import { readAgain } from '../ingest/replaced.ts';
import type { StoredReading } from '../message.ts';
import type { Notice } from './appender.ts';
import { decodeUndamaged, type GroupRecord } from './group.ts';
import type { GroupBuilder } from './group-builder.ts';
import type { Parts } from './parts.ts';
import { futureMs, type Place, placeByBoot, placeUnset } from './placement.ts';
import { toReading } from './reading.ts';
import type { UnsetBoot } from './waiting.ts';

/** A network that brings readings brings the time as well, within minutes. */
export const patienceMs = 10 * 60_000;
/** Of a boot of which nothing tells the time: it may be out of reach, and be heard again with a clock that is set. */
const longestMs = 86_400_000;
/** So long the boot of a clock that was never set is remembered, after it was given up. */
const rememberedMs = 2 * 86_400_000;
/** Of one call. */
const readingsMax = 500;

export interface SettlingMoment {
  readonly nowMs: number;
  /** Until then nothing is given up. */
  readonly patientUntilMs: number;
  /** How long readings are held: what waits must not leave the log before. */
  readonly rawMs: number;
}

export interface Settled {
  /** At their new positions, durable. */
  readonly readings: readonly StoredReading[];
  readonly notices: readonly Notice[];
}

/** A slice of what can be settled. `undefined`: there is nothing. */
export function settleWaiting(
  parts: Parts,
  builder: GroupBuilder,
  moment: SettlingMoment,
): Settled | undefined {
  const { store, waiting, boots } = parts;
  const { nowMs, patientUntilMs } = moment;
  const due = [...waiting.boots()].filter(
    (boot) =>
      boots.bootedMs(boot.agent, boot.boot) !== undefined ||
      (nowMs >= patientUntilMs && !isWaitedFor(parts, boot, moment)),
  );
  const first = due.find((boot) => !boot.isGivenUp || hasPassed(boot.sinceMs, nowMs, rememberedMs));
  if (first === undefined) return undefined;
  try {
    return store.transaction(() => settleBoot(parts, builder, first, moment));
  } catch (error) {
    builder.reset();
    for (const part of [parts.counts, parts.series, waiting, boots]) part.reload();
    throw error;
  }
}

/** Whether the clock of a boot may still be set, and nothing else tells its time. */
function isWaitedFor(parts: Parts, unset: UnsetBoot, { nowMs, rawMs }: SettlingMoment): boolean {
  const { sinceMs, overSinceMs } = unset;
  if (!hasPassed(sinceMs, nowMs, patienceMs)) return true;
  // What is still under way of a boot that is over comes within minutes of the word of the next one.
  const isOver = overSinceMs !== undefined && hasPassed(overSinceMs, nowMs, patienceMs);
  if (unset.isLive || unset.isRight || isOver) return false;
  return !hasPassed(sinceMs, nowMs, Math.min(longestMs, rawMs / 2)) && !isLeaving(parts, unset);
}

/** Before what waits is among the next that leave a log which is full, it gets the time it can get. */
function isLeaving({ groups, counts }: Parts, { firstWaiting }: UnsetBoot): boolean {
  const tail = groups.tail() ?? 0;
  if (firstWaiting === undefined || tail <= 1) return false;
  return firstWaiting - tail < (counts.get('head') - tail) / 2;
}

/** A clock of this machine that was set back must not make it wait for ever. */
const hasPassed = (sinceMs: number, nowMs: number, forMs: number): boolean =>
  Math.abs(nowMs - sinceMs) >= forMs;

function settleBoot(
  parts: Parts,
  builder: GroupBuilder,
  unset: UnsetBoot,
  { nowMs, patientUntilMs }: SettlingMoment,
): Settled {
  const { counts, series, waiting, boots } = parts;
  const bootedMs = boots.bootedMs(unset.agent, unset.boot);
  // By a clock of this machine that was set right just now, what it received before came too early.
  const measuredMsMax = (nowMs < patientUntilMs ? nowMs : Number.NEGATIVE_INFINITY) + futureMs;
  const positions = waiting.positions(unset, readingsMax);
  const find = recordFinder(parts);
  const readings = positions.flatMap((position) => {
    waiting.remove(position);
    const record = find(position);
    return record === undefined
      ? []
      : (move(parts, builder, unset, record, { bootedMs, measuredMsMax }) ?? []);
  });
  const { isLive, isRight, overSinceMs } = unset;
  const isKnown = bootedMs !== undefined || isLive || isRight || overSinceMs !== undefined;
  const isGuessed = !isKnown && readings.length > 0;
  if (isGuessed) counts.add('bound:boot_never_set', readings.length);
  builder.flush();
  series.save();
  counts.save();
  if (positions.length < readingsMax) {
    unset.isGivenUp = true;
    if (bootedMs !== undefined || hasPassed(unset.sinceMs, nowMs, rememberedMs)) waiting.forget(unset);
  }
  return { readings, notices: isGuessed ? [noticeOf(unset)] : [] };
}

const noticeOf = ({ agent, boot, sinceMs }: UnsetBoot): Notice => ({
  key: `${agent} ${boot}`,
  text: `${agent}: readings that came at ${new Date(sinceMs).toISOString()} by a clock that was not set are not waited for any more, and stand at the time they were sent with, or where that cannot be right at that of their arrival. They may be hours off. Is there a time server, or a clock with a battery, for this agent?`,
});

interface Known {
  readonly bootedMs: number | undefined;
  /** No reading is of a later time than this or its arrival. */
  readonly measuredMsMax: number;
}

/** `undefined`: what was a reading when it came is none by today's rules. */
function move(
  { counts, series }: Parts,
  builder: GroupBuilder,
  unset: UnsetBoot,
  record: GroupRecord,
  known: Known,
): StoredReading | undefined {
  const { receivedMs } = record;
  const parsed = readAgain(record);
  const key = series.key(record.series);
  if (parsed === undefined || key === undefined) return undefined;
  const { timeMs, placed } = placeOf(parsed, receivedMs, unset, known);
  counts.add('head', 1);
  counts.add('moved', 1);
  const position = counts.get('head');
  const reading = toReading(parsed, position, key, { timeMs, receivedMs, placed });
  series.add(record.series, reading, placed, record);
  // Repeats are judged by the record that waited: it keeps stream, sequence and digest.
  const moved = { timeMs, placed, waits: false, digested: false, stream: 0, sequence: 0 };
  builder.add(position, { ...record, ...moved });
  return reading;
}

function placeOf(
  parsed: Parameters<typeof placeUnset>[0],
  receivedMs: number,
  unset: UnsetBoot,
  { bootedMs, measuredMsMax }: Known,
): Place {
  const byBoot = placeByBoot(bootedMs, parsed.uptimeMs ?? 0);
  // Nothing arrives before it is measured: the boot was told a wrong time.
  const isSound = byBoot !== undefined && byBoot.timeMs <= Math.max(receivedMs + futureMs, measuredMsMax);
  return isSound ? byBoot : placeUnset(parsed, receivedMs, unset);
}

/** Readings of a boot lie in few groups. */
function recordFinder({ groups }: Parts): (position: number) => GroupRecord | undefined {
  let first = 0;
  let records: readonly GroupRecord[] = [];
  return (position) => {
    if (position < first || position >= first + records.length) {
      const group = groups.after(position - 1);
      records = group === undefined ? [] : decodeUndamaged(group.bytes);
      first = group === undefined ? 0 : group.last - records.length + 1;
    }
    const record = records[position - first];
    return record?.waits ? record : undefined;
  };
}
