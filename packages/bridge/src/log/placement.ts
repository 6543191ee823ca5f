// Where a reading belongs in time. A clock that was not set since boot cannot say; but once the same boot is seen with
// a clock that was, the time of boot is known, and the monotonic time of the reading places it. Until then it waits
// (waiting.ts); boot and uptime are in its bytes.

import type { ParsedReading } from '@wattline/protocols';
import type { AsideReason } from '../message.ts';
import type { Boots } from './boots.ts';
import type { Parts } from './parts.ts';
import { keptDays } from './streams.ts';
import type { UnsetBoot } from './waiting.ts';

export interface Place {
  readonly timeMs: number;
  /** Found by the boot, not as sent. */
  readonly placed: boolean;
  /** The time is to be found later, by this boot. */
  readonly waiting?: UnsetBoot;
}

const dayMs = 86_400_000;
/** A time further ahead than this of a clock that is right is wrong. */
export const futureMs = 5 * 60_000;
/** So long an agent's identities are remembered: of an older reading nobody can say whether it came before. */
const pastMs = keptDays * dayMs;
/** Longer than what is measured is on its way, if it does not wait anywhere. */
const onTheWayMs = 10_000;
/** A clock that shows an earlier time was never set at all. */
const plausibleMs = Date.UTC(2020, 0, 1);

export function placeInTime(
  parsed: ParsedReading,
  receivedMs: number,
  { boots, waiting, counts }: Pick<Parts, 'boots' | 'waiting' | 'counts'>,
): Place {
  const { clock, identity, boot, uptimeMs } = parsed;
  const asSent = { timeMs: parsed.timeMs ?? receivedMs, placed: false };
  if (identity && boot !== undefined) waiting.heard(identity.agent, boot, receivedMs);
  if (clock !== 'unsynced' || !identity || boot === undefined || uptimeMs === undefined) return asSent;
  const byBoot = placeByBoot(boots.bootedMs(identity.agent, boot), uptimeMs);
  if (byBoot !== undefined) return byBoot;
  const unset = waiting.boot(identity.agent, boot, receivedMs, uptimeMs);
  if (unset === undefined) {
    counts.add('bound:boot_not_waited', 1);
    return asSent;
  }
  if (Math.abs(asSent.timeMs - receivedMs) <= onTheWayMs && parsed.timeMs !== undefined) unset.isRight = true;
  return unset.isGivenUp ? placeUnset(parsed, receivedMs, unset) : { ...asSent, waiting: unset };
}

export function placeByBoot(bootedMs: number | undefined, uptimeMs: number): Place | undefined {
  const timeMs = bootedMs === undefined ? -1 : bootedMs + uptimeMs;
  return timeMs >= 0 ? { timeMs, placed: true } : undefined;
}

/**
 * Of a boot whose clock is not waited for any more. What was sent is kept where it can be right: a clock with a battery
 * is, though nothing ever set it. Else the boot cannot have been later than its readings came, and hardly earlier. Where
 * readings come as they are measured, a time far from that is of a clock that went on from where it once was stopped.
 */
export function placeUnset(
  { timeMs, uptimeMs = 0 }: Pick<ParsedReading, 'timeMs' | 'uptimeMs'>,
  receivedMs: number,
  { bootedMs, isLive }: Pick<UnsetBoot, 'bootedMs' | 'isLive'>,
): Place {
  const earliestMs = Math.max(plausibleMs, receivedMs - pastMs);
  const canBeRight = timeMs !== undefined && timeMs >= earliestMs && timeMs <= receivedMs + futureMs;
  const byArrivalMs = Math.max(0, bootedMs + uptimeMs);
  const isStale = canBeRight && isLive && Math.abs(timeMs - byArrivalMs) > onTheWayMs;
  return { timeMs: canBeRight && !isStale ? timeMs : byArrivalMs, placed: false };
}

/**
 * The earliest time that is taken without asking. A message of another program names no sequence, of which it would have
 * to be known whether it came: an old one is history that somebody hands over, unless its clock was never set.
 */
export const earliestOf = (nowMs: number, isIdentified: boolean): number =>
  isIdentified ? nowMs - pastMs : plausibleMs;

/** Why a time is not believed, by a clock that is right. Without `earliestMs` any past is. */
export function judgeTime(
  timeMs: number,
  nowMs: number,
  earliestMs = Number.NEGATIVE_INFINITY,
): { readonly reason: AsideReason; readonly detail: string } | undefined {
  if (timeMs > nowMs + futureMs) {
    const ahead = Math.round((timeMs - nowMs) / 1000);
    return { reason: 'far_future', detail: `its time is ${ahead} s ahead of this machine's clock` };
  }
  if (timeMs >= earliestMs) return undefined;
  const days = Math.floor((nowMs - timeMs) / dayMs);
  const why =
    timeMs < plausibleMs
      ? `its time is ${new Date(timeMs).toISOString()}, of a clock that was never set`
      : `it is ${days} days old, at most ${keptDays} are taken`;
  return { reason: 'too_old', detail: `${why}; "wattline-bridge readmit" takes it all the same` };
}

/** What a reading by a clock that was set tells about the boot of its machine. */
export function learnBoot({ clock, identity, boot, timeMs, uptimeMs }: ParsedReading, boots: Boots): void {
  if (clock !== 'synced' || !identity || boot === undefined) return;
  if (timeMs !== undefined && uptimeMs !== undefined) boots.learn(identity.agent, boot, timeMs, uptimeMs);
}
