// Gathers the readings of a commit into groups and writes each when it is large enough.

import { createGroupWriter, type GroupRecord } from './group.ts';
import type { Groups } from './groups.ts';
import { type Intervals, insert } from './intervals.ts';

export interface GroupBuilder {
  add(position: number, record: GroupRecord): void;
  /** Writes what is gathered. */
  flush(): void;
  /** Forgets what is gathered. */
  reset(): void;
}

const groupCountMax = 1_000;
const groupBytesMax = 1024 * 1024;

export function createGroupBuilder(groups: Groups): GroupBuilder {
  const writer = createGroupWriter();
  let summary = emptySummary();
  const flush = (): void => {
    if (writer.count === 0) return;
    groups.insert({ ...summary, count: writer.count }, writer.take());
    summary = emptySummary();
  };
  return {
    add: (position, record) => {
      writer.add(record);
      summary.last = position;
      summary.receivedMs = Math.max(summary.receivedMs, record.receivedMs);
      summary.timeMinMs = Math.min(summary.timeMinMs, record.timeMs);
      summary.timeMaxMs = Math.max(summary.timeMaxMs, record.timeMs);
      summary.series.add(record.series);
      if (record.stream !== 0) insert(runsOf(summary.runs, record.stream), record.sequence, record.sequence);
      if (writer.count >= groupCountMax || writer.bytes >= groupBytesMax) flush();
    },
    flush,
    reset: () => {
      if (writer.count > 0) writer.take();
      summary = emptySummary();
    },
  };
}

function runsOf(runs: Map<number, Intervals>, stream: number): Intervals {
  let sequences = runs.get(stream);
  if (sequences === undefined) {
    sequences = [];
    runs.set(stream, sequences);
  }
  return sequences;
}

const emptySummary = () => ({
  last: 0,
  receivedMs: 0,
  timeMinMs: Number.POSITIVE_INFINITY,
  timeMaxMs: Number.NEGATIVE_INFINITY,
  series: new Set<number>(),
  runs: new Map<number, Intervals>(),
});
