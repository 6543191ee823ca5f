// How many readings of each agent are known by their sequences, over all of its streams that are remembered.

import { countMissing, countOnlyIn, countUpTo, type Intervals } from './intervals.ts';

/** counted = arrived + givenUp + missing, always. */
export interface Tally {
  /** Readings the agent must have made, by the highest sequence known of each stream. */
  readonly counted: number;
  readonly arrived: number;
  /** Given up by the agent, and not come after all. */
  readonly givenUp: number;
  readonly missing: number;
}

export interface AgentTotals {
  /** A stream of the agent counts otherwise than before. Does nothing until the totals were asked for. */
  change(agent: string, before: Tally, after: Tally): void;
  /** Of each agent; what is beyond a bound is summed up under the empty name. */
  all(): readonly ({ readonly agent: string } & Tally)[];
  /** What was told may be wrong: counted anew when it is asked for. */
  forget(): void;
}

interface CountedStream {
  readonly agent: string;
  readonly seen: Intervals;
  readonly givenUp: Intervals;
}

const agentsMax = 1_000;

export const tallyOf = ({ seen, givenUp }: Pick<CountedStream, 'seen' | 'givenUp'>): Tally => ({
  counted: countUpTo(seen, givenUp),
  arrived: countOnlyIn(seen, []),
  givenUp: countOnlyIn(givenUp, seen),
  missing: countMissing(seen, givenUp),
});

const nothing: Tally = { counted: 0, arrived: 0, givenUp: 0, missing: 0 };

export function createAgentTotals(streams: () => Iterable<CountedStream>): AgentTotals {
  let totals: Map<string, Tally> | undefined;

  const change = (of: Map<string, Tally>, agent: string, before: Tally, after: Tally): void => {
    const key = of.has(agent) || of.size < agentsMax ? agent : '';
    const known = of.get(key) ?? nothing;
    of.set(key, {
      counted: known.counted + after.counted - before.counted,
      arrived: known.arrived + after.arrived - before.arrived,
      givenUp: known.givenUp + after.givenUp - before.givenUp,
      missing: known.missing + after.missing - before.missing,
    });
  };
  const load = (): Map<string, Tally> => {
    const loaded = new Map<string, Tally>();
    for (const stream of streams()) change(loaded, stream.agent, nothing, tallyOf(stream));
    return loaded;
  };

  return {
    change: (agent, before, after) => {
      if (totals !== undefined) change(totals, agent, before, after);
    },
    all: () => {
      totals ??= load();
      return [...totals].map(([agent, tally]) => ({ agent, ...tally }));
    },
    forget: () => {
      totals = undefined;
    },
  };
}
