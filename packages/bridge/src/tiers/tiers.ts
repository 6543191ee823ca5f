// The tiers: every reading of the log merged into the windows of every tier, exactly once, whatever happens.
// Memory holds only what came since the last flush. A flush merges it into stored windows and moves the position of the
// series in the same transaction; after a restart or a failure, memory is forgotten and the log is read from there.

import { type ClosedWindow, createChangeCounter, createChangeReader } from './changes.ts';
import { createEngine, dropSlice, type Engine, noteExpired, type TiersOptions } from './engine.ts';
import { createExpiry } from './expire.ts';
import type { Moment } from './flush.ts';
import { type Gathering, startGathering } from './gathering.ts';
import {
  createSeriesStates,
  type LeftOutReason,
  type SeriesState,
  type SeriesStates,
} from './series-state.ts';
import { readSeries } from './series-table.ts';
import { type Tier, tierName } from './tier.ts';

export interface Tiers {
  /** A bounded slice of the work that waits. `true`: there is more to do at once. @throws when the disk refuses. */
  step(): boolean;
  /** Everything that the log has, into the windows, at once. @throws when the disk refuses. */
  flush(): void;
  /** Closed windows that changed after a revision, in the order of their revisions; tiers mixed. */
  changedSince(revision: number, limit: number): readonly ClosedWindow[];
  /** How many closed windows changed after a revision; 100,000 stands for any larger number. */
  changedCount(revision: number): number;
  /** The newest revision given to a closed window. */
  revision(): number;
  /** Position in the log up to which every reading is in the windows. */
  cursor(): number;
  accounts(): TierAccounts;
  /** Series or windows were changed in the store; nothing waited to be flushed. */
  reload(): void;
  /** Removes a bounded slice of what is past its time; returns how many windows went. */
  expire(): number;
}

export interface TierAccounts {
  /** Readings of the log that are not in the windows yet. */
  readonly behind: number;
  /** Readings that left the log before they were merged, since the start. */
  readonly missed: number;
  /** Values that no window holds, since the start. */
  readonly leftOut: { readonly [reason in LeftOutReason]: number };
}

/** How long changes wait for each other. */
const flushEveryMs = 3_000;
/** Cells in one transaction; a series is always done whole. */
const sliceCells = 100;
/** A window is closed this long after its end: the delay of an ordinary delivery. */
const graceMs = 15_000;
/** Windows of a tier in one transaction. */
const closedMax = 100;

/** What is forgotten, and read again from the store, when a transaction fails. */
interface Memory {
  readonly states: SeriesStates;
  readonly gathering: Gathering;
  /** Series of a flush that goes on slice by slice. */
  round: { readonly queue: readonly SeriesState[]; at: number; readonly upTo: number } | undefined;
  roundMs: number;
  /** When open windows were last given revisions. */
  shownMs: number;
  cursor: number;
  revision: number;
}

export function createTiers(options: TiersOptions): Tiers {
  const { store, log, now, clockSynced, rawMs } = options;
  const { database } = store;
  const engine = createEngine(options);
  const { tiers, windows, losses } = engine;
  const everies = options.tiers.map(({ every }) => every);
  const changes = createChangeReader(database, everies);
  const expire = createExpiry({ database, tiers, windows, rawMs });
  let memory = load(engine);
  log.onStored((readings) => memory.gathering.take(readings));

  const orReload = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      memory = load(engine);
      throw error;
    }
  };

  return {
    step: () => orReload(() => work(engine, memory, false)),
    flush: () => {
      while (orReload(() => work(engine, memory, true)));
    },
    changedSince: (after, limit) => changes(after, limit, memory.states.byId),
    changedCount: createChangeCounter(database, everies),
    revision: () => memory.revision,
    cursor: () => memory.cursor,
    reload: () => {
      memory = load(engine);
    },
    accounts: () => ({ ...losses.counts(), behind: log.head() - memory.cursor }),
    expire: () => {
      if (!clockSynced()) return 0;
      return orReload(() =>
        store.transaction(() => {
          noteExpired(engine);
          return expire([...memory.states.all()], now()) + dropSlice(engine);
        }),
      );
    },
  };
}

function load({ options: { store, log }, cellMs, losses, reaches, kept }: Engine): Memory {
  const { database } = store;
  reaches.reload();
  kept.reload();
  const states = createSeriesStates({ stored: readSeries(database), cellMs, onLeftOut: losses.leaveOut });
  const state = database.prepare('SELECT cursor, revision FROM tier_state WHERE id = 1').get();
  const cursor = Number(state?.['cursor']);
  const gathering = startGathering({ log, states, from: cursor, onMissed: losses.miss });
  const revision = Number(state?.['revision']);
  const never = Number.NEGATIVE_INFINITY;
  return { states, gathering, round: undefined, roundMs: never, shownMs: never, cursor, revision };
}

/** One slice of whatever comes first. */
function work(engine: Engine, memory: Memory, isUrgent: boolean): boolean {
  const { gathering } = memory;
  const nowMs = engine.options.now();
  gathering.catchUp();
  const waiting = gathering.waiting();
  // A clock that was set back must not make the flush wait for it.
  const isDue = isUrgent || waiting === 'much' || Math.abs(nowMs - memory.roundMs) >= flushEveryMs;
  if (memory.round === undefined && waiting !== 'nothing' && isDue) {
    memory.round = { ...gathering.handOver(), at: 0 };
    memory.roundMs = nowMs;
  }
  if (memory.round !== undefined) {
    flushSlice(engine, memory, memory.round);
    return true;
  }
  return closeSlice(engine, memory) || gathering.isBehind() || fillSlice(engine, memory);
}

function flushSlice(engine: Engine, memory: Memory, round: NonNullable<Memory['round']>): void {
  const { options, flushSeries, saveState } = engine;
  const moment = momentOf(options);
  options.store.transaction(() => {
    noteExpired(engine);
    for (let cells = 0; cells < sliceCells; ) {
      const series = round.queue[round.at];
      if (series === undefined) break;
      round.at++;
      cells += series.cells.size;
      flushSeries(series, moment, () => ++memory.revision);
    }
    if (round.at >= round.queue.length) memory.cursor = round.upTo;
    saveState(memory.cursor, memory.revision);
  });
  if (round.at < round.queue.length) return;
  memory.round = undefined;
  memory.gathering.relieve();
}

function momentOf({ now, openEveryMs, clockSynced }: TiersOptions): Moment {
  const nowMs = now();
  return {
    closedMs: nowMs - graceMs,
    reopens: openEveryMs !== undefined,
    keptFromMs: clockSynced() ? nowMs : Number.NEGATIVE_INFINITY,
  };
}

/** Makes windows of a tier that is new or kept longer, a few at a time. */
function fillSlice(engine: Engine, memory: Memory): boolean {
  const { options, tiers, reaches, kept, fill, saveState } = engine;
  for (const tier of tiers) {
    const [id] = kept.isDropped(tier.every) ? [] : reaches.filling(tier.every);
    const series = id === undefined ? undefined : memory.states.byId(id);
    if (series === undefined) continue;
    options.store.transaction(() => {
      noteExpired(engine);
      fill(series, tier, momentOf(options), () => ++memory.revision);
      saveState(memory.cursor, memory.revision);
    });
    const [more] = reaches.filling(tier.every);
    if (more === undefined) options.report(filledWords(tier, reaches.latest(tier.every)));
    return true;
  }
  return false;
}

function filledWords({ every }: Tier, latestMs: number | undefined): string {
  const name = tierName(every);
  if (latestMs === undefined) return `The tier ${name} is filled: it has everything that it keeps.`;
  const since = new Date(latestMs).toISOString();
  return `The tier ${name} is filled, of every device at the latest from ${since} on: what older windows are made of has gone.`;
}

/** Gives revisions to the windows that have ended, and once in a while to those that go on. */
function closeSlice({ options, tiers, windows, saveState }: Engine, memory: Memory): boolean {
  const { openEveryMs, store, now } = options;
  const nowMs = now();
  const isShowing = openEveryMs !== undefined && Math.abs(nowMs - memory.shownMs) >= openEveryMs;
  const due = tiers.map(({ every, windows: { start } }) => ({
    every,
    beforeMs: isShowing ? Number.MAX_SAFE_INTEGER : start(nowMs - graceMs),
  }));
  let hasMore = false;
  if (due.some(({ every, beforeMs }) => windows.hasOpen(every, beforeMs))) {
    hasMore = store.transaction(() => {
      const revise = (): number => ++memory.revision;
      const counts = due.map(({ every, beforeMs }) => windows.close(every, beforeMs, closedMax, revise));
      saveState(memory.cursor, memory.revision);
      return counts.some((count) => count === closedMax);
    });
  }
  // Until all have been shown: the first of them change before the last have had their turn.
  if (isShowing && !hasMore) memory.shownMs = nowMs;
  return hasMore;
}
