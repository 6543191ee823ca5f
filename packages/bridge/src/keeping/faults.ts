// The newest of what the log said at the levels warn and error: for the report, when the journal is not at hand.

import type { Log } from '@wattline/program';

export interface Fault {
  readonly time: number;
  readonly level: 'warn' | 'error';
  readonly text: string;
}

const faultsMax = 200;
const textLengthMax = 1_000;

/** A log that remembers, and what it remembers, the newest last. */
export function rememberFaults(
  log: Log,
  nowMs: () => number,
): { readonly log: Log; readonly list: () => readonly Fault[] } {
  const faults: Fault[] = [];
  const remembering =
    (level: Fault['level']): Log['warn'] =>
    (text, ...cause) => {
      const [why] = cause;
      const because = why === undefined ? '' : `: ${why instanceof Error ? why.message : String(why)}`;
      faults.push({ time: nowMs(), level, text: (text + because).slice(0, textLengthMax) });
      if (faults.length > faultsMax) faults.shift();
      log[level](text, ...cause);
    };
  return {
    log: { ...log, warn: remembering('warn'), error: remembering('error') },
    list: () => [...faults],
  };
}
