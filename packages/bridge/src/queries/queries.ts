// Questions to history, answered in a thread of their own: however long an answer takes, no acknowledgement waits for it.

import { everySeconds, tierName } from '../tiers/tier.ts';
import type { Queries } from '../web/queries.ts';
import type { TextQuestion } from './export.ts';
import type { Holding } from './holdings.ts';
import type { WorkerSettings } from './protocol.ts';
import { createThread } from './thread.ts';

export interface QueriesOptions extends WorkerSettings {
  /** The file of the thread: `worker.ts` beside this one, or what it was bundled to. */
  readonly worker: URL;
  readonly now: () => number;
}

export interface HistoryQueries extends Omit<Queries, 'exportHistory'> {
  readonly exportHistory: (question: TextQuestion, signal: AbortSignal) => AsyncIterable<string>;
  /** How much of the store is whose, about. */
  readonly holdings: () => Promise<readonly Holding[]>;
  /** Ends the thread; what is still asked is rejected. */
  close(): Promise<void>;
}

export function createQueries({ worker, now, ...settings }: QueriesOptions): HistoryQueries {
  const tiers = settings.tiers.toSorted((a, b) => everySeconds(a.every) - everySeconds(b.every));
  let exports = 0;
  let exportsOpen = 0;
  const thread = createThread(worker, { ...settings, tiers }, () => exportsOpen > 0);

  return {
    tiers: tiers.map(({ every }) => tierName(every)),
    series: (question) => thread.ask('series', question, now()),
    increase: (series, field, fromMs, toMs) => thread.ask('increase', { series, field, fromMs, toMs }, now()),
    holdings: () => thread.ask('holdings', null, now()),
    exportHistory: async function* (text, signal) {
      signal.throwIfAborted();
      const id = ++exports;
      let isLast = false;
      exportsOpen++;
      try {
        await thread.ask('export', { export: id, text }, now());
        while (!isLast) {
          const piece = await thread.ask('next', { export: id }, now());
          signal.throwIfAborted();
          isLast = piece.isLast;
          if (piece.text !== '') yield piece.text;
        }
      } finally {
        exportsOpen--;
        // A thread that cannot be told has forgotten it.
        if (!isLast) await thread.ask('end', { export: id }, now()).catch(() => null);
      }
    },
    close: () => thread.close(),
  };
}
