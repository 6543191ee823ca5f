// Where a reading belongs in time. A clock that was not set since boot cannot say; but once the same boot is seen with
// a clock that was, the time of boot is known, and the monotonic time of the reading places it.
// Readings that came before that keep the time they were sent with; boot and uptime are in their bytes.

import type { ParsedReading } from '@wattline/protocols';
import type { Boots } from './boots.ts';

export interface Place {
  readonly timeMs: number;
  /** Found by the boot, not as sent. */
  readonly placed: boolean;
}

export function placeInTime(parsed: ParsedReading, receivedMs: number, boots: Boots): Place {
  const { clock, identity, boot, uptimeMs } = parsed;
  if (clock === 'unsynced' && identity && boot !== undefined && uptimeMs !== undefined) {
    const bootedMs = boots.bootedMs(identity.agent, boot);
    const timeMs = bootedMs === undefined ? -1 : bootedMs + uptimeMs;
    if (timeMs >= 0) return { timeMs, placed: true };
  }
  return { timeMs: parsed.timeMs ?? receivedMs, placed: false };
}

/** What a reading by a clock that was set tells about the boot of its machine. */
export function learnBoot({ clock, identity, boot, timeMs, uptimeMs }: ParsedReading, boots: Boots): void {
  if (clock !== 'synced' || !identity || boot === undefined) return;
  if (timeMs !== undefined && uptimeMs !== undefined) boots.learn(identity.agent, boot, timeMs, uptimeMs);
}
