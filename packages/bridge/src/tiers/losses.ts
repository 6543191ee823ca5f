// Counts what is in no window, and says each cause once.

import type { SeriesKey } from '../message.ts';
import type { LeftOutReason } from './series-state.ts';

export interface Losses {
  leaveOut(series: SeriesKey, field: string | undefined, why: LeftOutReason): void;
  /** Readings that left the log before they were merged. */
  miss(count: number): void;
  counts(): {
    readonly missed: number;
    readonly leftOut: { readonly [reason in LeftOutReason]: number };
  };
}

/** Causes that are said. */
const saidMax = 1_000;

const words: { readonly [reason in LeftOutReason]: string } = {
  type: 'is of another type than before',
  size: 'is beyond what tiers hold',
  fields: 'is one field too many',
  time: 'has a time before 1970 or after 2109',
};

export function createLosses(report: (text: string) => void): Losses {
  const leftOut = { type: 0, size: 0, fields: 0, time: 0 };
  const said = new Set<string>();
  let missed = 0;
  return {
    leaveOut: ({ topic, agent }, field, why) => {
      leftOut[why]++;
      const what = field === undefined ? 'A reading' : `A value of "${field}"`;
      const text = `${what} of ${topic}${agent && ` by ${agent}`} ${words[why]}: it is in the raw history, not in the tiers.`;
      if (said.size >= saidMax || said.has(text)) return;
      said.add(text);
      report(text);
    },
    miss: (count) => {
      if (missed === 0) {
        report('Readings left the log before they were merged into the tiers: store.max_size is too small.');
      }
      missed += count;
    },
    counts: () => ({ missed, leftOut: { ...leftOut } }),
  };
}
