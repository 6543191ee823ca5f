// Finds what a store refuses, by halving; all else is written.

import type { FeedItem } from './feeds.ts';
import { type Point, RefusedError, type Sink } from './sink.ts';

/** A point, or some of its fields, on its way. */
export interface Outgoing {
  readonly item: FeedItem;
  readonly point: Point;
}

export interface Refused extends Outgoing {
  readonly reason: string;
}

/**
 * Writes everything that the store takes, in one piece where it takes all. Where the store merges fields, a refused
 * field does not cost the others of its point.
 * @throws UnavailableError Then the whole is to be written again: the same points do no harm.
 */
export async function writeIsolating(
  outgoing: readonly Outgoing[],
  sink: Pick<Sink, 'write' | 'mergesFields'>,
): Promise<readonly Refused[]> {
  const [first] = outgoing;
  if (first === undefined) return [];
  try {
    await sink.write(outgoing.map(({ point }) => point));
    return [];
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const halves = outgoing.length > 1 ? halve(outgoing) : sink.mergesFields ? halveFields(first) : undefined;
    if (halves === undefined) return [{ ...first, reason: error.message }];
    const refused: Refused[] = [];
    for (const half of halves) refused.push(...(await writeIsolating(half, sink)));
    return refused;
  }
}

function halve<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

function halveFields({ item, point }: Outgoing): readonly (readonly Outgoing[])[] | undefined {
  const fields = Object.entries(point.fields);
  if (fields.length < 2) return undefined;
  return halve(fields).map((half) => [{ item, point: { ...point, fields: Object.fromEntries(half) } }]);
}
