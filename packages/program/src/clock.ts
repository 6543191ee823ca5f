// The machine's clocks: wall time, monotonic time since boot, and whether the wall time is to be believed.
// The kernel's own answer (adjtimex) is out of reach of Node; what the time daemons leave in /run tells instead:
// systemd-timesyncd makes a file at its first synchronisation of a boot. chrony and ntpd leave no such trace and are
// believed while they run. Where no daemon is found (a container, a machine with a good clock) the time is believed.

import { existsSync, readFileSync } from 'node:fs';

export interface Clock {
  /** ms since 1970. */
  nowMs(): number;
  /** Monotonic, whole ms since the machine started; all processes of a boot agree on it. */
  uptimeMs(): number;
  isSynced(): boolean;
}

export interface ClockSources {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
  readonly exists: (path: string) => boolean;
  readonly readText: (path: string) => string;
  /** A clock that shows less has not been set: the programs did not exist yet. */
  readonly earliestMs: number;
}

const synchronized = '/run/systemd/timesync/synchronized';
const otherDaemons = ['/run/chrony/chronyd.pid', '/run/chronyd.pid', '/run/ntpd.pid', '/run/openntpd.pid'];
const timesyncd = '/run/systemd/timesync';

export function createClock(overrides: Partial<ClockSources> = {}): Clock {
  const { wallMs, monotonicMs, exists, readText, earliestMs } = { ...machine, ...overrides };
  const startMs = bootMonotonicMs(readText, monotonicMs);
  let seenSynced = false;
  return {
    nowMs: wallMs,
    uptimeMs: () => Math.round(startMs + monotonicMs()),
    isSynced() {
      if (wallMs() < earliestMs) return false;
      seenSynced ||= [synchronized, ...otherDaemons].some(exists) || !exists(timesyncd);
      return seenSynced;
    },
  };
}

/** What to add to the process's monotonic time to get the machine's; 0 where the machine does not tell. */
function bootMonotonicMs(readText: ClockSources['readText'], monotonicMs: () => number): number {
  try {
    const uptimeMs = Number.parseFloat(readText('/proc/uptime')) * 1000;
    return Number.isFinite(uptimeMs) ? uptimeMs - monotonicMs() : 0;
  } catch {
    return 0;
  }
}

const machine: ClockSources = {
  wallMs: Date.now,
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  exists: existsSync,
  readText: (path) => readFileSync(path, 'utf8'),
  earliestMs: Date.UTC(2024, 0, 1),
};
