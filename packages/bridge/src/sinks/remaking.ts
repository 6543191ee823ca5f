// Brings changes of the past into one sink, one after the other, until it has confirmed them: after a change, at the next
// start, and again while the store is away.

import type { Store } from '../store.ts';
import { createBell } from './bell.ts';
import { retryMs } from './drain.ts';
import { tagsOf } from './point.ts';
import { type Remade, type RemakeParts, type RemakeTries, remake, sharedWith } from './remake.ts';
import type { RemakeLedger } from './remake-ledger.ts';
import { rawTier, type Sink } from './sink.ts';

export interface PassParts extends RemakeParts {
  readonly store: Pick<Store, 'transaction'>;
  readonly ledger: RemakeLedger;
}

interface RemakingParts extends PassParts {
  readonly name: string;
  /** Resolves when nothing is on its way any more that was read before. */
  readonly quiet: () => Promise<void>;
  readonly random: () => number;
  /** Resolves after a time, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly report: (text: string) => void;
}

export interface Remaking {
  /** There are changes. What is done, or why it is not yet, in words. */
  wake(): Promise<string>;
  /** Changes that wait, and why. */
  view(): { readonly waiting: number; readonly problem?: string };
  stop(): Promise<void>;
}

/** Takes all over that waits. @throws UnavailableError Then it goes on waiting. */
export async function takeOver(parts: PassParts, tries = noTries()): Promise<string> {
  const { sink, store, ledger, past } = parts;
  const changes = ledger.waiting();
  if (sink.move !== undefined) return moveAll(parts, sink.move);
  const { words, again }: Remade = await remake(parts, changes, tries);
  store.transaction(() => {
    for (const series of again) past.showWindows(series);
    ledger.done(changes);
  });
  return words;
}

const noTries = (): RemakeTries => ({ writtenUpTo: 0 });

/** What a store moves by itself it moves in the order of the changes. */
async function moveAll(
  { sink, store, ledger, past }: PassParts,
  move: NonNullable<RemakeParts['sink']['move']>,
): Promise<string> {
  const left = new Set<string>();
  for (const change of ledger.waiting()) {
    const from = tagsOf(change.from, undefined);
    const shared = sharedWith(past, change);
    if (shared !== undefined) left.add(shared);
    else if (change.into === undefined) await sink.remove?.([{ tier: rawTier, tags: from, fromMs: 0 }]);
    else await move(from, tagsOf(change.into, undefined));
    store.transaction(() => ledger.done([change]));
  }
  if (left.size > 0) return `what it has stays there under the old name: ${[...left].join('; ')}`;
  return 'nothing has the old name any more';
}

/** For one that writes where no bridge runs: changes come first. */
export const afterChanges = (parts: PassParts & { readonly sink: Sink }): Sink => ({
  ...parts.sink,
  prepare: async () => {
    if (parts.ledger.count() > 0) await takeOver(parts);
    await parts.sink.prepare?.();
  },
});

export const notYet = (error: unknown): string =>
  `not yet, and tried again until it is: ${error instanceof Error ? error.message : String(error)}`;

export function startRemaking(parts: RemakingParts): Remaking {
  const { name, ledger, quiet, random, sleep, report } = parts;
  const stopped = new AbortController();
  const bell = createBell(stopped.signal);
  let problem: string | undefined;
  let tries = noTries();
  let asking: ((words: string) => void)[] = [];

  const pass = async (): Promise<void> => {
    const asked = asking;
    asking = [];
    try {
      await quiet();
      const words = await takeOver(parts, tries);
      tries = noTries();
      // Nobody else hears of what was still to be done from before.
      if (asked.length === 0 || problem !== undefined) report(`Sink ${name}, changed devices: ${words}.`);
      problem = undefined;
      for (const tell of asked) tell(words);
    } catch (error) {
      for (const tell of asked) tell(notYet(error));
      throw error;
    }
  };
  const run = async (): Promise<void> => {
    for (let failures = 0; !stopped.signal.aborted; ) {
      if (ledger.count() === 0) {
        for (const tell of asking.splice(0)) tell('there is nothing to do');
        await bell.rung();
        continue;
      }
      try {
        await pass();
        failures = 0;
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (problem === undefined) report(`Sink ${name}, changed devices: ${notYet(error)}`);
        problem = error instanceof Error ? error.message : String(error);
        failures += 1;
        await sleep(retryMs(error, failures, random()), stopped.signal);
      }
    }
  };

  const running = run();
  return {
    wake: () =>
      new Promise((resolve) => {
        asking.push(resolve);
        bell.ring();
      }),
    view: () => ({ waiting: ledger.count(), ...(problem === undefined ? {} : { problem }) }),
    stop: async () => {
      stopped.abort();
      await running;
      for (const tell of asking.splice(0)) tell('not yet: the bridge stops, and goes on when it is started');
    },
  };
}
