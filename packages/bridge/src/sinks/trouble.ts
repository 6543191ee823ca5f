// What a person is told while a sink does not take what it should: once when it begins or changes, once when it ends.

import type { Progress, Refusal } from './ledger.ts';

export interface Problem {
  readonly text: string;
  readonly sinceMs: number;
}

interface Parts {
  readonly name: string;
  readonly heldMs?: number;
  readonly clock: () => number;
  readonly report: (text: string) => void;
}

/** From this part of its time on, what waits is said to be in danger. */
const endangeredFrom = 0.8;
/** Losses go on being counted in between. */
const tellAgainMs = 600_000;

export function createTrouble({ name, heldMs, clock, report }: Parts) {
  let problem: Problem | undefined;
  let warned = false;
  const toldMs = new Map<string, number>();

  const warn = (oldestMs: number | undefined): void => {
    if (warned || heldMs === undefined || oldestMs === undefined) return;
    if (clock() - oldestMs < heldMs * endangeredFrom) return;
    warned = true;
    const hours = Math.max(0, (oldestMs + heldMs - clock()) / 3_600_000).toFixed(1);
    report(
      `${name}: in ${hours} h the oldest that waits is no longer held, and lost to this sink unless it is reached before.`,
    );
  };

  const tell = (what: string, text: string): void => {
    const lastMs = toldMs.get(what);
    if (lastMs !== undefined && clock() - lastMs < tellAgainMs) return;
    toldMs.set(what, clock());
    report(`${name}: ${text}`);
  };

  return {
    now: (): Problem | undefined => problem,
    begin: (error: unknown, waiting: number, oldestMs: number | undefined): void => {
      const text = error instanceof Error ? error.message : String(error);
      if (problem?.text !== text) report(`${name}: ${text} ${waiting} wait.`);
      problem = { text, sinceMs: problem?.sinceMs ?? clock() };
      warn(oldestMs);
    },
    end: (waiting: number): void => {
      if (problem) report(`${name}: delivers again, ${waiting} wait.`);
      problem = undefined;
      warned = false;
    },
    tellLosses: (before: Progress, after: Progress, refusals: readonly Refusal[]): void => {
      if (after.expired > before.expired) {
        tell('expired', `${after.expired} expired so far before they could be delivered.`);
      }
      if (after.refused > before.refused) {
        tell('refused', `${after.refused} refused so far by the store, the last: ${refusals.at(-1)?.reason}`);
      }
    },
  };
}
