// History that was read already: going back to a page does not ask for it again while it is young enough.

import type { SeriesView } from '../../../src/web/api.ts';
import type { Api, SeriesQuery } from './api.ts';

export interface SeriesCache {
  readonly find: (key: string) => { readonly view: SeriesView; readonly at: number } | undefined;
  /** Several parts of a page that want the same at once cause one call. */
  readonly load: (key: string, query: SeriesQuery) => Promise<SeriesView>;
}

/**
 * All series of an overview of some hundred devices and the charts of many device pages; the oldest goes first. Fewer
 * than one page shows would be asked for again at every tick.
 */
const pointsMax = 300_000;
const timeoutMs = 20_000;

/** One more than its points: empty series take room as well. */
const sizeOf = ({ points }: SeriesView): number => points.length + 1;

/** `local`: ms, monotonic. */
export function createSeriesCache(api: Pick<Api, 'series'>, local: () => number): SeriesCache {
  const kept = new Map<string, { view: SeriesView; at: number }>();
  let points = 0;
  const drop = (key: string): void => {
    const dropped = kept.get(key);
    if (dropped) points -= sizeOf(dropped.view);
    kept.delete(key);
  };
  const pending = new Map<string, Promise<SeriesView>>();
  const call = async (key: string, query: SeriesQuery): Promise<SeriesView> => {
    try {
      const view = await api.series(query, AbortSignal.timeout(timeoutMs));
      drop(key);
      kept.set(key, { view, at: local() });
      points += sizeOf(view);
      for (const oldest of kept.keys()) {
        if (points <= pointsMax) break;
        drop(oldest);
      }
      return view;
    } finally {
      pending.delete(key);
    }
  };
  return {
    find: (key) => kept.get(key),
    load: (key, query) => {
      const promise = pending.get(key) ?? call(key, query);
      pending.set(key, promise);
      return promise;
    },
  };
}
