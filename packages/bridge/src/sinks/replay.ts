// Fills a sink again from what is still held: raw readings of the log, windows of the tiers. Runs beside the ordinary
// delivery, moves none of its positions, and is over when it has reached what was there when it began; what comes or
// changes meanwhile is delivered anyway. Points that the sink has already change nothing.

import type { ReplayView } from '../web/status-views.ts';
import { retryMs } from './drain.ts';
import type { Feed, FeedItem } from './feeds.ts';
import { type Outgoing, type Refused, writeIsolating } from './isolate.ts';
import type { Sink } from './sink.ts';

/** `toMs` is not included. */
export interface ReplaySpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ReplayParts {
  readonly sink: Pick<Sink, 'prepare' | 'write' | 'holds' | 'mergesFields' | 'takesReadingsOnly'>;
  readonly readings: Feed;
  readonly windows: Feed;
  /** Newest positions when it begins. */
  readonly until: { readonly readings: number; readonly windows: number };
  readonly span: ReplaySpan;
  readonly clock: () => number;
  readonly clockSynced: () => boolean;
  readonly random: () => number;
  /** Resolves after a time, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** While it works, no windows are written by others: an older state of a window must not come after a newer one. */
  readonly beforeLive: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Keeps what the sink refuses, with its words. */
  readonly keepRefused: (refused: readonly Refused[]) => void;
}

export interface Replay {
  view(): ReplayView;
  /** Resolves when it is over, or was stopped. */
  readonly over: Promise<void>;
  stop(): Promise<void>;
}

/** Between two batches the live ones get their turn. */
const itemsMax = 1_000;

interface Count {
  written: number;
  refused: number;
  expired: number;
}

export function startReplay(parts: ReplayParts): Replay {
  const stopped = new AbortController();
  const readings: Count = { written: 0, refused: 0, expired: 0 };
  const windows: Count = { written: 0, refused: 0, expired: 0 };
  let state: ReplayView['state'] = 'running';
  let problem: string | undefined;

  /** The position that was reached; `undefined`: there is nothing more. Read anew each time: a window may change. */
  const step = async (
    feed: Feed,
    after: number,
    until: number,
    count: Count,
  ): Promise<number | undefined> => {
    const items = feed.read(after, itemsMax).filter((item) => item.position <= until);
    const last = items.at(-1);
    if (last === undefined) return undefined;
    const { written, refused, expired } = await writeItems(items.filter(isIn(parts.span)), parts);
    count.written += written;
    count.refused += refused;
    count.expired += expired;
    return last.position;
  };
  const fill = async (next: (after: number) => Promise<number | undefined>): Promise<void> => {
    let position: number | undefined = 0;
    for (let failures = 0; position !== undefined && !stopped.signal.aborted; ) {
      try {
        position = await next(position);
        problem = undefined;
        failures = 0;
        await new Promise(setImmediate);
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
        failures += 1;
        await parts.sleep(retryMs(error, failures, parts.random()), stopped.signal);
      }
    }
  };
  const run = async (): Promise<void> => {
    const { until, sink, beforeLive } = parts;
    await fill((after) => step(parts.readings, after, until.readings, readings));
    if (!sink.takesReadingsOnly) {
      await fill((after) => beforeLive(() => step(parts.windows, after, until.windows, windows)));
    }
    state = stopped.signal.aborted ? 'stopped' : 'done';
  };

  const over = run();
  return {
    view: () => ({
      state,
      from: parts.span.fromMs,
      to: parts.span.toMs,
      readings: { ...readings },
      windows: { ...windows },
      ...(problem === undefined ? {} : { problem }),
    }),
    over,
    stop: async () => {
      stopped.abort();
      await over;
    },
  };
}

interface Outcome {
  readonly written: number;
  readonly refused: number;
  readonly expired: number;
}

/** Writes items, and counts them as the ordinary delivery does. */
export async function writeItems(
  items: readonly FeedItem[],
  parts: Pick<ReplayParts, 'sink' | 'clock' | 'clockSynced' | 'keepRefused'>,
): Promise<Outcome> {
  const { sink, clock, clockSynced, keepRefused } = parts;
  if (items.length === 0) return { written: 0, refused: 0, expired: 0 };
  await sink.prepare?.();
  const nowMs = clock();
  const judges = clockSynced();
  const outgoing: Outgoing[] = items.flatMap((item) =>
    item.points
      .filter((point) => !judges || (sink.holds?.(point, nowMs) ?? true))
      .map((point) => ({ item, point })),
  );
  const refused = await writeIsolating(outgoing, sink);
  keepRefused(refused);
  const sent = new Set(outgoing.map(({ item }) => item)).size;
  const refusedItems = new Set(refused.map(({ item }) => item)).size;
  const filled = items.filter(({ points }) => points.length > 0).length;
  return { written: sent - refusedItems, refused: refusedItems, expired: filled - sent };
}

const isIn =
  ({ fromMs, toMs }: ReplaySpan) =>
  ({ timeMs }: FeedItem): boolean =>
    timeMs >= fromMs && timeMs < toMs;
