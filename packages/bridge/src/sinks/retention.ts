// How long a store holds each tier, kept in step with the configuration. What is changed is only what the bridge itself
// set last: a place that somebody else made, or changed since, may hold what is not ours to delete.

/** A tier, or `raw`, and how long the store shall hold it; `null`: for ever. */
export interface TierRetention {
  readonly tier: string;
  readonly keepMs: number | null;
}

/** What the bridge set last, by place: it outlives the program. */
export interface RetentionMemory {
  /** `undefined`: the bridge never set it. */
  lastSet(place: string): number | null | undefined;
  remember(place: string, keepMs: number | null): void;
  /** Places whose names begin so. */
  places(prefix: string): readonly string[];
}

export type Step = TierRetention & {
  /** `changes`: from `foundMs`; `leaves`: as it is, at `foundMs`, because it is not ours. */
  readonly is: 'makes' | 'fits' | 'changes' | 'leaves';
  readonly foundMs: number | null;
};

/** What a sink would do, in words, each the name of a place and what happens to it. */
export interface SinkPlan {
  /** Names of what would be made. */
  readonly makes: readonly string[];
  readonly changes: readonly string[];
  readonly leaves: readonly string[];
  /** Names of what is missing and, by the configuration, not to be made. */
  readonly missing: readonly string[];
}

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
const dayMs = 24 * hourMs;

/** Both versions of InfluxDB hold whole seconds, and an hour at least. */
const storable = (keepMs: number | null): number | null =>
  keepMs === null ? null : Math.max(hourMs, Math.ceil(keepMs / secondMs) * secondMs);

/**
 * @param found How long each tier that is there is held.
 * @param placeOf The name under which the retention of a tier is remembered.
 */
export function planRetention(
  wanted: readonly TierRetention[],
  found: ReadonlyMap<string, number | null>,
  memory: RetentionMemory,
  placeOf: (tier: string) => string,
): readonly Step[] {
  return wanted.map(({ tier, keepMs: configured }) => {
    const keepMs = storable(configured);
    const foundMs = found.get(tier);
    if (foundMs === undefined) return { tier, keepMs, is: 'makes', foundMs: null };
    if (foundMs === keepMs) return { tier, keepMs, is: 'fits', foundMs };
    const isOurs = memory.lastSet(placeOf(tier)) === foundMs;
    return { tier, keepMs, is: isOurs ? 'changes' : 'leaves', foundMs };
  });
}

/** Tiers that the bridge once made a place for and that are not configured any more. */
export function goneTiers(
  wanted: readonly TierRetention[],
  memory: RetentionMemory,
  placeOf: (tier: string) => string,
): readonly string[] {
  const prefix = placeOf('');
  const known = new Set(wanted.map(({ tier }) => placeOf(tier)));
  return memory
    .places(prefix)
    .filter((place) => !known.has(place))
    .map((place) => place.slice(prefix.length));
}

/** Steps and gone tiers as a person reads them. */
export function planInWords(
  steps: readonly Step[],
  gone: readonly string[],
  nameOf: (tier: string) => string,
  makesMissing: boolean,
): SinkPlan {
  const made = steps.filter(({ is }) => is === 'makes').map(({ tier }) => nameOf(tier));
  return {
    makes: makesMissing ? made : [],
    missing: makesMissing ? [] : made,
    changes: steps.flatMap((step) => (step.is === 'changes' ? [changeInWords(step, nameOf)] : [])),
    leaves: [
      ...steps.flatMap((step) => (step.is === 'leaves' ? [leftInWords(step, nameOf)] : [])),
      ...gone.map((tier) => `${nameOf(tier)} is left: its tier is not in store.tiers any more`),
    ],
  };
}

export const changeInWords = ({ tier, keepMs, foundMs }: Step, nameOf: (tier: string) => string): string =>
  `${nameOf(tier)} keeps ${keptInWords(keepMs)} instead of ${keptInWords(foundMs)}`;

const leftInWords = ({ tier, keepMs, foundMs }: Step, nameOf: (tier: string) => string): string =>
  `${nameOf(tier)} keeps ${keptInWords(foundMs)}, the configuration says ${keptInWords(keepMs)}: it is left, because ` +
  `this bridge did not set that. Change it in the store`;

/** In the largest unit that is whole. */
function keptInWords(keepMs: number | null): string {
  if (keepMs === null) return 'for ever';
  if (keepMs % dayMs === 0) return `${keepMs / dayMs}d`;
  return keepMs % hourMs === 0 ? `${keepMs / hourMs}h` : `${keepMs / secondMs}s`;
}

/** Seconds of one shard as InfluxDB chooses it for a retention: it must not be the longer one. */
export function shardSeconds(keepMs: number | null): number {
  if (keepMs !== null && keepMs < 2 * dayMs) return hourMs / secondMs;
  const isShort = keepMs !== null && keepMs <= 180 * dayMs;
  return ((isShort ? 1 : 7) * dayMs) / secondMs;
}
