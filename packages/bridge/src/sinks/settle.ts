// Unlike a reading a window changes, and a store keeps whichever state came last: a request that was given up, or that a
// proxy repeats, can come after a newer one and put the older state over it. So each window is written once more as it
// stands when no request of before it can be under way any more.

import { createBell } from './bell.ts';
import { retryMs } from './drain.ts';
import type { Feed } from './feeds.ts';
import type { Ledger } from './ledger.ts';
import { type ReplayParts, writeItems } from './replay.ts';

interface SettleParts extends Pick<ReplayParts, 'sink' | 'clock' | 'clockSynced' | 'random' | 'sleep'> {
  readonly windows: Feed;
  /** Of the delivery of windows: all up to its position are written. */
  readonly written: Pick<Ledger, 'progress'>;
  /** Of this one. */
  readonly ledger: Ledger;
  /** While it works, no windows are written by others. */
  readonly alone: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

export interface Settling {
  /** Windows were written. */
  wake(): void;
  /** Written windows that are still to be written once more. */
  waiting(): number;
  stop(): Promise<void>;
}

/** A request is given up after ten seconds without a word. */
const lateMs = 15_000;
const itemsMax = 1_000;

export function startSettling(parts: SettleParts): Settling {
  const { windows, written, ledger, alone, random, sleep } = parts;
  const stopped = new AbortController();
  const bell = createBell(stopped.signal);
  const positionOf = ({ progress }: Pick<Ledger, 'progress'>): number => progress().position;

  /** Whether all up to a position have been written once more. */
  const step = async (until: number): Promise<boolean> => {
    const { position, delivered, refused, expired } = ledger.progress();
    const items = windows.read(position, itemsMax).filter((item) => item.position <= until);
    // What is refused now was refused before, and is kept with the store's words.
    const counts = await writeItems(items, { ...parts, keepRefused: () => undefined });
    const next = {
      position: items.at(-1)?.position ?? until,
      delivered: delivered + counts.written,
      refused: refused + counts.refused,
      expired: expired + counts.expired,
    };
    ledger.advance(next, []);
    return items.length === 0;
  };
  const settle = async (until: number): Promise<void> => {
    for (let failures = 0; !stopped.signal.aborted; ) {
      try {
        if (await alone(() => step(until))) return;
        failures = 0;
      } catch (error) {
        // That the store is away is said by the delivery.
        failures += 1;
        await sleep(retryMs(error, failures, random()), stopped.signal);
      }
    }
  };
  const run = async (): Promise<void> => {
    let mark = positionOf(ledger);
    while (!stopped.signal.aborted) {
      const due = mark;
      mark = positionOf(written);
      if (due > positionOf(ledger)) await settle(due);
      if (mark <= positionOf(ledger)) await bell.rung();
      await sleep(lateMs, stopped.signal);
    }
  };

  const running = run();
  return {
    wake: bell.ring,
    waiting: () => Math.max(0, windows.waiting(positionOf(ledger)) - windows.waiting(positionOf(written))),
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
}
