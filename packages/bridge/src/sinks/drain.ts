// Carries one feed into one sink: reads after its own position, writes, and moves on when the store has confirmed.
// A sink that is away delays nobody and loses nothing that the feed still holds.

import type { DeliveryView } from '../web/status-views.ts';
import { createBell } from './bell.ts';
import type { Feed, FeedItem } from './feeds.ts';
import { type Outgoing, type Refused, writeIsolating } from './isolate.ts';
import type { Ledger, Progress, Refusal } from './ledger.ts';
import type { Ready, ReadyText } from './ready.ts';
import { RefusedError, rawTier, type Sink, UnavailableError } from './sink.ts';
import { createTrouble, type Problem } from './trouble.ts';

export interface DrainParts {
  /** In words to the operator. */
  readonly name: string;
  readonly sink: Pick<Sink, 'prepare' | 'write' | 'text' | 'holds' | 'mergesFields'>;
  readonly feed: Feed;
  /** The newest of the feed as text, for a sink that is written in it. */
  readonly ready?: Ready | undefined;
  readonly ledger: Ledger;
  /** How long the feed holds an item; absent: until it is replaced. */
  readonly heldMs?: number;
  /** New items wait for each other so long, so that a store is not asked once a reading. */
  readonly lingerMs?: number;
  readonly clock: () => number;
  /** Whether this machine's clock is right: only then it judges what is too old. */
  readonly clockSynced: () => boolean;
  readonly random: () => number;
  /** Resolves after a time, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly report: (text: string) => void;
}

export interface Drain {
  /** There may be something new. */
  wake(): void;
  view(): DeliveryView;
  problem(): Problem | undefined;
  isIdle(): boolean;
  /** Resolves when nothing that was read before is still to be written. */
  turn(): Promise<void>;
  /** Resolves when nothing more is read or written down. */
  stop(): Promise<void>;
}

/** One request to a store: what a write costs beside its points is shared by as many. */
const requestMax = 5_000;
/** Fewer of those that are parsed again for it, and alive together. */
const itemsMax = 3_000;
/** More than so many between two batches of a backlog are a flood, not the present. */
const newestMax = 1_000;
const lingerMsUsual = 1_000;
const retryMsMin = 1_000;
/** A store that is back is noticed soon, and one that is away is not troubled by a question. */
const retryMsMax = 15_000;
const retryAfterMsMax = 600_000;

export function startDrain(parts: DrainParts): Drain {
  const { feed, ready, ledger, sleep, lingerMs = lingerMsUsual } = parts;
  const stopped = new AbortController();
  const bell = createBell(stopped.signal);
  const trouble = createTrouble(parts);
  const writeNewest = newestWriter(parts);
  let progress = ledger.progress();
  let oldestMs: number | undefined;
  let idle = false;
  const turns = createTurn();

  /** Returns whether there may be more. */
  const step = async (): Promise<boolean> => {
    const text = ready?.next(progress.position, requestMax);
    oldestMs = text?.oldestMs;
    if (text !== undefined && (await isWritten(text, parts))) {
      save(afterText(progress, text), []);
      if (text.isBehind) await writeNewest(progress.position);
      return true;
    }
    const items = feed.read(progress.position, itemsMax);
    oldestMs = items[0]?.timeMs;
    if (items.length === 0) {
      if (feed.gapless && feed.head() > progress.position) save(afterLoss(progress, feed.head()), []);
      return false;
    }
    const outcome = await deliver(items, parts);
    save(advance(progress, items, outcome, feed.gapless), outcome.refused.map(refusalOf));
    await writeNewest(progress.position);
    return true;
  };

  const save = (next: Progress, refusals: readonly Refusal[]): void => {
    ledger.advance(next, refusals);
    trouble.tellLosses(progress, next, refusals);
    progress = next;
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; !stopped.signal.aborted; ) {
      try {
        turns.begin();
        const more = await step().finally(turns.end);
        trouble.end(feed.waiting(progress.position));
        failures = 0;
        if (more) continue;
        idle = true;
        await bell.rung();
        await sleep(lingerMs, stopped.signal);
        idle = false;
      } catch (error) {
        if (stopped.signal.aborted) return;
        trouble.begin(error, feed.waiting(progress.position), oldestMs);
        failures += 1;
        await sleep(retryMs(error, failures, parts.random()), stopped.signal);
      }
    }
  };

  const running = run();
  return {
    wake: bell.ring,
    view: () => ({
      delivered: progress.delivered,
      pending: feed.waiting(progress.position),
      refused: progress.refused,
      expired: progress.expired,
      ...(oldestMs === undefined ? {} : { oldest: oldestMs }),
    }),
    problem: trouble.now,
    isIdle: () => idle,
    turn: turns.ended,
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
}

/** What goes on now, for those who wait for its end. */
function createTurn() {
  let isBusy = false;
  const waiting: (() => void)[] = [];
  return {
    begin: (): void => {
      isBusy = true;
    },
    end: (): void => {
      isBusy = false;
      for (const resolve of waiting.splice(0)) resolve();
    },
    ended: (): Promise<void> =>
      isBusy ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(),
  };
}

interface Outcome {
  readonly refused: readonly Refused[];
  /** Items that the store would not hold any more. */
  readonly tooOld: number;
}

/** While much waits, what comes meanwhile is written at once; in its turn it is written again, which does no harm. */
function newestWriter(parts: DrainParts): (after: number) => Promise<void> {
  let writtenUpTo = 0;
  return async (after) => {
    const text = parts.ready?.newest(Math.max(after, writtenUpTo), newestMax);
    if (text === undefined) return;
    await isWritten(text, parts);
    writtenUpTo = text.upTo;
  };
}

/** False: not all of it is for the store; to be written point by point. */
async function isWritten(
  { text, oldestMs }: ReadyText,
  { sink, clock, clockSynced }: DrainParts,
): Promise<boolean> {
  await sink.prepare?.();
  const oldest = { tier: rawTier, measurement: '', tags: {}, fields: {}, timeMs: oldestMs };
  if (clockSynced() && sink.holds?.(oldest, clock()) === false) return false;
  try {
    if (text.length > 0) await sink.text?.write(rawTier, text);
    return true;
  } catch (error) {
    if (error instanceof RefusedError) return false;
    throw error;
  }
}

async function deliver(items: readonly FeedItem[], parts: DrainParts): Promise<Outcome> {
  const { sink, clock, clockSynced } = parts;
  await sink.prepare?.();
  const nowMs = clock();
  const judges = clockSynced();
  const outgoing: Outgoing[] = [];
  let tooOld = 0;
  for (const item of items) {
    const before = outgoing.length;
    for (const point of item.points) {
      if (!judges || sink.holds === undefined || sink.holds(point, nowMs)) outgoing.push({ item, point });
    }
    if (item.points.length > 0 && outgoing.length === before) tooOld++;
  }
  return { refused: await writeIsolating(outgoing, sink), tooOld };
}

function advance(
  before: Progress,
  items: readonly FeedItem[],
  { refused, tooOld }: Outcome,
  gapless: boolean,
): Progress {
  const position = items.at(-1)?.position ?? before.position;
  const refusedItems = new Set(refused.map(({ item }) => item)).size;
  const gone = gapless ? position - before.position - items.length : 0;
  return {
    position,
    delivered: before.delivered + items.length - refusedItems - tooOld,
    refused: before.refused + refusedItems,
    expired: before.expired + tooOld + gone,
  };
}

const afterText = (before: Progress, { upTo }: ReadyText): Progress => ({
  ...before,
  position: upTo,
  delivered: before.delivered + upTo - before.position,
});

const afterLoss = (before: Progress, head: number): Progress => ({
  ...before,
  position: head,
  expired: before.expired + head - before.position,
});

export const refusalOf = ({ item, point, reason }: Refused): Refusal => ({
  position: item.position,
  timeMs: point.timeMs,
  point: JSON.stringify({ tier: point.tier, measurement: point.measurement, ...point.tags, ...point.fields }),
  reason,
});

/** Twice as long each time, and not in step with others that lost the same store. */
export function retryMs(error: unknown, failures: number, random: number): number {
  if (error instanceof UnavailableError && error.retryAfterMs)
    return Math.min(error.retryAfterMs, retryAfterMsMax);
  return Math.min(retryMsMin * 2 ** (failures - 1), retryMsMax) * (0.5 + random / 2);
}
