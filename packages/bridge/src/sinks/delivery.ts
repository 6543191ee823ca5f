// One configured sink at work: readings and windows are carried apart, so that neither waits for the other.

import type { Store } from '../store.ts';
import type { DeliveryView, ReplayView, SinkView } from '../web/status-views.ts';
import { startAges } from './ages.ts';
import { type Drain, type DrainParts, refusalOf, startDrain } from './drain.ts';
import type { Feed } from './feeds.ts';
import { type Ledger, openLedger } from './ledger.ts';
import type { Ready } from './ready.ts';
import type { Past } from './remake.ts';
import { type NameChange, openRemakeLedger, type RemakeLedger } from './remake-ledger.ts';
import { startRemaking } from './remaking.ts';
import { type Replay, type ReplaySpan, startReplay } from './replay.ts';
import { startSettling } from './settle.ts';
import { type Point, type Sink, UnavailableError } from './sink.ts';

interface DeliveryParts extends Pick<DrainParts, 'clock' | 'clockSynced' | 'random' | 'sleep' | 'report'> {
  readonly name: string;
  readonly type: string;
  readonly sink: Sink;
  readonly store: Pick<Store, 'database' | 'transaction'>;
  readonly readings: Feed;
  /** The newest readings as text, for a sink that is written in it. */
  readonly ready?: Ready | undefined;
  /** How long readings are held for the sink. */
  readonly readingsHeldMs: number;
  readonly windows: Feed;
  /** How old the newest reading of each device is at this moment, for stores that keep more than readings. */
  readonly ages?: () => readonly Point[];
  /** What the store says now of what was, for changes of it. */
  readonly past: Past;
  /** Positions after which a sink that is new begins, and those of the newest items. */
  readonly positions: (feed: 'begin' | 'newest') => { readonly readings: number; readonly windows: number };
}

export interface Delivery {
  readonly name: string;
  /** There may be something new. */
  wake(): void;
  view(): SinkView;
  /** Writes down changes of the past, which `remake` brings into the store. The caller holds the transaction. */
  note(changes: readonly NameChange[]): void;
  /** Changes that were written down and wait. */
  noted(): number;
  /** To be called as soon as the changes are committed. What is done, or why it is not yet, in words. */
  remake(): Promise<string>;
  /** Begins to fill the sink again; `undefined`: that goes on already. */
  replay(span: ReplaySpan): ReplayView | undefined;
  /** Of the replay that goes on, or was the last. */
  replayed(): ReplayView | undefined;
  /** Resolves when nothing is under way any more; what was not confirmed is delivered after the next start. */
  stop(): Promise<void>;
}

const refusalsShown = 20;
/** Whoever looks at the store sees a reading at once; windows change all the time, and can wait. */
const readingsLingerMs = 50;
const nothing: Feed = { gapless: false, read: () => [], head: () => 0, waiting: () => 0 };

export function startDelivery(parts: DeliveryParts): Delivery {
  const { name, type, store } = parts;
  const changes = openRemakeLedger(store, name);
  const sink = parts.sink.move === undefined ? parts.sink : afterMoves(parts.sink, changes.count);
  const ledgers = [openLedger(store, name, 'readings'), openLedger(store, name, 'windows')] as const;
  const begin = parts.positions('begin');
  ledgers[0].begin(begin.readings, begin.readings);
  ledgers[1].begin(begin.windows, 0);
  const alone = createTurns();
  const settling = sink.takesReadingsOnly ? undefined : settlingOf(parts, ledgers[1], alone);
  const readings = startDrain({
    ...parts,
    sink,
    name: `Sink ${name}, readings`,
    feed: parts.readings,
    ready: parts.ready,
    ledger: ledgers[0],
    heldMs: parts.readingsHeldMs,
    lingerMs: sink.lingerMs ?? readingsLingerMs,
  });
  const windows = startDrain({
    ...parts,
    name: `Sink ${name}, tiers`,
    sink: {
      ...sink,
      write: async (points) => {
        await alone(() => sink.write(points));
        settling?.wake();
      },
    },
    feed: sink.takesReadingsOnly ? nothing : parts.windows,
    // That text is of readings.
    ready: undefined,
    ledger: ledgers[1],
  });
  const ages =
    parts.ages === undefined || sink.takesReadingsOnly ? undefined : startAges({ sink, points: parts.ages });
  const replays = createReplays({ ...parts, sink }, alone);
  const remaking = remakingOf(parts, changes, replays, () =>
    Promise.all([readings.turn(), windows.turn(), alone(() => Promise.resolve())]),
  );
  return {
    name,
    wake: () => {
      readings.wake();
      windows.wake();
    },
    view: () => ({
      name,
      type,
      ...stateOf([readings, windows]),
      readings: withSkipped(readings.view(), ledgers[0]),
      windows: windows.view(),
      ...(settling === undefined ? {} : { settling: settling.waiting() }),
      changes: remaking.view(),
      ...(ages === undefined ? {} : { ages: ages.counts() }),
      refused: refusedOf([...ledgers, replays.ledger]),
    }),
    note: changes.note,
    noted: changes.count,
    remake: remaking.begin,
    replay: replays.start,
    replayed: replays.view,
    stop: async () => {
      ages?.stop();
      // Closing ends the request under way, which would else be waited for.
      const others = [replays, settling, remaking].map((each) => each?.stop());
      await Promise.all([readings.stop(), windows.stop(), ...others, sink.close()]);
    },
  };
}

const refusedOf = (ledgers: readonly Ledger[]): SinkView['refused'] =>
  ledgers
    .flatMap((ledger) => ledger.refusals(refusalsShown))
    .map(({ timeMs, point, reason }) => ({ time: timeMs, point, reason }))
    .slice(0, refusalsShown);

function remakingOf(
  parts: DeliveryParts,
  ledger: RemakeLedger,
  replays: Pick<Replay, 'stop'>,
  turns: () => Promise<unknown>,
) {
  let isOnItsWay = false;
  const remaking = startRemaking({
    ...parts,
    ledger,
    quiet: async () => {
      // A replay has the old name on its way, and so have windows that are written once more.
      const stopping = isOnItsWay ? replays.stop() : undefined;
      isOnItsWay = false;
      await Promise.all([stopping, turns()]);
    },
  });
  const begin = async (): Promise<string> => {
    parts.ready?.forget();
    isOnItsWay = true;
    return `sink ${parts.name}: ${await remaking.wake()}`;
  };
  return { ...remaking, begin };
}

/** Nothing is written for a name that is still to be moved: it would be moved along. */
function afterMoves(sink: Sink, waiting: () => number): Sink {
  return {
    ...sink,
    write: async (points) => {
      if (waiting() > 0) throw new UnavailableError('devices that were changed are still to be moved');
      await sink.write(points);
    },
  };
}

function settlingOf(parts: DeliveryParts, written: Ledger, alone: Turns) {
  const ledger = openLedger(parts.store, parts.name, 'settled');
  // What was there before the sink was written once, as it is.
  ledger.begin(parts.positions('newest').windows, 0);
  return startSettling({ ...parts, written, ledger, alone });
}

/** One replay at a time. */
function createReplays(parts: DeliveryParts, beforeLive: Turns) {
  const ledger = openLedger(parts.store, parts.name, 'replay');
  let current: Replay | undefined;
  return {
    ledger,
    start: (span: ReplaySpan): ReplayView | undefined => {
      if (current?.view().state === 'running') return undefined;
      current = startReplay({
        ...parts,
        span,
        beforeLive,
        until: parts.positions('newest'),
        keepRefused: (refused) => ledger.keep(refused.map(refusalOf)),
      });
      return current.view();
    },
    view: (): ReplayView | undefined => current?.view(),
    stop: async (): Promise<void> => current?.stop(),
  };
}

type Turns = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** One after the other, in the order in which they came. */
function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

function withSkipped(view: DeliveryView, ledger: Ledger): DeliveryView {
  const skipped = ledger.skipped();
  return skipped === 0 ? view : { ...view, skipped };
}

function stateOf(drains: readonly Drain[]): Pick<SinkView, 'state' | 'problem' | 'problem_since'> {
  const problem = drains.map((drain) => drain.problem()).find((each) => each !== undefined);
  if (problem) return { state: 'waiting', problem: problem.text, problem_since: problem.sinceMs };
  return { state: drains.every((drain) => drain.isIdle()) ? 'idle' : 'delivering' };
}
