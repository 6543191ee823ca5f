// Random numbers that come again with the same seed.

export interface Random {
  /** From 0, below 1. */
  readonly fraction: () => number;
  /** An integer from 0, below `bound`. */
  readonly below: (bound: number) => number;
  readonly bytes: (length: number) => Uint8Array;
  readonly pick: <Item>(items: readonly Item[]) => Item | undefined;
}

/** Mulberry32, by Tommy Ettinger. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(fraction() * bound);
  return {
    fraction,
    below,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    pick: (items) => items[below(items.length)],
  };
}
