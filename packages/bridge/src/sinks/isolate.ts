// Finds the points that a store refuses, by halving; all others are written.

import { type Point, RefusedError, type Sink } from './sink.ts';

export interface RefusedPoint<Item> {
  readonly item: Item;
  readonly reason: string;
}

/**
 * Writes every point that the store takes, in one piece where it takes all.
 * @throws UnavailableError Then the whole is to be written again: the same points do no harm.
 */
export async function writeIsolating<Item extends { readonly point: Point }>(
  items: readonly Item[],
  write: Sink['write'],
): Promise<readonly RefusedPoint<Item>[]> {
  try {
    await write(items.map(({ point }) => point));
    return [];
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const [first] = items;
    if (first === undefined) throw error;
    if (items.length === 1) return [{ item: first, reason: error.message }];
    const middle = Math.ceil(items.length / 2);
    const before = await writeIsolating(items.slice(0, middle), write);
    const after = await writeIsolating(items.slice(middle), write);
    return [...before, ...after];
  }
}
