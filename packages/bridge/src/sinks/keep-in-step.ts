// Makes the places of a store (buckets, policies) and keeps their retention in step with the configuration: the order
// of things, the same for every store that has such places. What is done by which request is the store's own.

import {
  changeInWords,
  goneTiers,
  planInWords,
  planRetention,
  type RetentionMemory,
  type SinkPlan,
  type Step,
  type TierRetention,
} from './retention.ts';
import { UnavailableError } from './sink.ts';

/** What the configuration says of the places of one sink. */
export interface Keeping {
  readonly tiers: readonly TierRetention[];
  /** Whether missing places are made, and those that were made follow the configuration. */
  readonly createsMissing: boolean;
  readonly memory: RetentionMemory;
  /** For words to the operator. */
  readonly report: (text: string) => void;
}

/** The requests of a store. Each throws what the store answers. */
interface Places {
  /** What a place is to the store: "Bucket", "Retention policy". */
  readonly noun: string;
  nameOf(tier: string): string;
  /** A name that no other place of any store has; it begins with that of the tier ''. */
  placeOf(tier: string): string;
  /** How long each of these tiers that has a place is held. */
  look(tiers: readonly string[]): Promise<ReadonlyMap<string, number | null>>;
  /** Returns whether it could be made. */
  make(step: Step): Promise<boolean>;
  change(step: Step): Promise<void>;
  /** Why none of them could be made, in words, if that is known. */
  obstacle?(): Promise<string | undefined>;
  /** Whether an answer means that this is not allowed: then the write tells what is missing. */
  isForbidden(error: unknown): boolean;
  /** Any other answer, in words. */
  explain(error: unknown): Error;
}

export interface Keeper {
  /** Looks, makes and changes; does nothing once it has. @throws UnavailableError when the store is not there. */
  prepare(): Promise<void>;
  /** The next `prepare` looks again: something is missing after all, or the store is another one. */
  lookAgain(): void;
  /** How long the store holds points of a tier. */
  keepMs(tier: string): number | null;
  /** What `prepare` would do. @throws UnavailableError */
  plan(): Promise<SinkPlan>;
}

export function createKeeper({ tiers, createsMissing, memory, report }: Keeping, places: Places): Keeper {
  const { noun, nameOf, placeOf } = places;
  const kept = new Map(tiers.map(({ tier, keepMs }) => [tier, keepMs]));
  const said = new Set<string>();
  let preparing: Promise<void> | undefined;

  const look = async () => {
    const gone = goneTiers(tiers, memory, placeOf);
    const found = await places.look([...tiers.map(({ tier }) => tier), ...gone]);
    const steps = planRetention(tiers, found, memory, placeOf);
    const left = gone.filter((tier) => found.has(tier));
    return { found, steps, words: planInWords(steps, left, nameOf, createsMissing) };
  };
  const settle = (step: Step): void => {
    memory.remember(placeOf(step.tier), step.keepMs);
    kept.set(step.tier, step.keepMs);
  };
  const sayOnce = (text: string): void => {
    if (!said.has(text)) report(text);
    said.add(text);
  };

  const prepare = async (): Promise<void> => {
    const { found, steps, words } = await look();
    for (const [tier, keepMs] of found) kept.set(tier, keepMs);
    for (const text of words.leaves) sayOnce(`${noun} ${text}.`);
    if (!createsMissing) return;
    for (const step of steps) {
      if (step.is === 'makes' && (await places.make(step))) settle(step);
      if (step.is !== 'changes') continue;
      await places.change(step);
      settle(step);
      report(`${noun} ${changeInWords(step, nameOf)}, as the configuration says.`);
    }
  };

  return {
    // Readings and tiers are carried apart, and wait for the same.
    prepare: () => {
      preparing ??= prepare().catch((error: unknown) => {
        if (places.isForbidden(error)) return;
        preparing = undefined;
        throw places.explain(error);
      });
      return preparing;
    },
    lookAgain: () => {
      preparing = undefined;
    },
    keepMs: (tier) => kept.get(tier) ?? null,
    plan: async () => {
      const explained = (error: unknown) => Promise.reject(places.explain(error));
      const { words } = await look().catch(explained);
      const obstacle = words.makes.length > 0 ? await places.obstacle?.().catch(explained) : undefined;
      if (obstacle !== undefined) throw new UnavailableError(obstacle);
      return words;
    },
  };
}
