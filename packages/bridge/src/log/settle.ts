// Gives waiting readings their time. The record that waits stays where it is and keeps the identity; the reading stands
// anew at the head of the log, so that whoever follows the log meets it once, with the time that counts.

import { readAgain } from '../ingest/replaced.ts';
import type { StoredReading } from '../message.ts';
import { decodeUndamaged, type GroupRecord } from './group.ts';
import type { GroupBuilder } from './group-builder.ts';
import type { Parts } from './parts.ts';
import { futureMs, type Place, placeByBoot, placeUnset } from './placement.ts';
import { toReading } from './reading.ts';
import type { UnsetBoot } from './waiting.ts';

/** A network that brings readings brings the time as well, within minutes. */
export const patienceMs = 10 * 60_000;
/** So long the boot of a clock that was never set is remembered, after it was given up. */
const rememberedMs = 2 * 86_400_000;
/** Of one call. */
const readingsMax = 500;

/**
 * A slice of what can be settled; the readings at their new positions, durable. `undefined`: there is none. Until
 * `patientUntilMs` nothing is given up.
 */
export function settleWaiting(
  parts: Parts,
  builder: GroupBuilder,
  nowMs: number,
  patientUntilMs: number,
): readonly StoredReading[] | undefined {
  const { store, waiting, boots } = parts;
  const due = [...waiting.boots()].filter(
    (boot) =>
      boots.bootedMs(boot.agent, boot.boot) !== undefined ||
      (nowMs >= patientUntilMs && hasWaited(boot, nowMs, patienceMs)),
  );
  const first = due.find((boot) => !boot.isGivenUp || hasWaited(boot, nowMs, rememberedMs));
  if (first === undefined) return undefined;
  try {
    return store.transaction(() => settleBoot(parts, builder, first, { nowMs, patientUntilMs }));
  } catch (error) {
    builder.reset();
    for (const part of [parts.counts, parts.series, waiting, boots]) part.reload();
    throw error;
  }
}

/** A clock of this machine that was set back must not make it wait for ever. */
const hasWaited = ({ sinceMs }: UnsetBoot, nowMs: number, forMs: number): boolean =>
  Math.abs(nowMs - sinceMs) >= forMs;

function settleBoot(
  parts: Parts,
  builder: GroupBuilder,
  unset: UnsetBoot,
  { nowMs, patientUntilMs }: { readonly nowMs: number; readonly patientUntilMs: number },
): readonly StoredReading[] {
  const { counts, series, waiting, boots } = parts;
  const bootedMs = boots.bootedMs(unset.agent, unset.boot);
  // By a clock of this machine that was set right just now, what it received before came too early.
  const measuredMsMax = (nowMs < patientUntilMs ? nowMs : Number.NEGATIVE_INFINITY) + futureMs;
  const positions = waiting.positions(unset, readingsMax);
  const find = recordFinder(parts);
  const settled = positions.flatMap((position) => {
    waiting.remove(position);
    const record = find(position);
    return record === undefined
      ? []
      : (move(parts, builder, unset, record, { bootedMs, measuredMsMax }) ?? []);
  });
  builder.flush();
  series.save();
  counts.save();
  if (positions.length < readingsMax) {
    unset.isGivenUp = true;
    if (bootedMs !== undefined || hasWaited(unset, nowMs, rememberedMs)) waiting.forget(unset);
  }
  return settled;
}

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
