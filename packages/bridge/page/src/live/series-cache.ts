// History that was read already: going back to a page does not ask for it again while it is young enough.

import type { SeriesView } from '../../../src/web/api.ts';
import type { Api, SeriesQuery } from './api.ts';

export interface SeriesCache {
  readonly find: (key: string) => { readonly view: SeriesView; readonly at: number } | undefined;
  readonly load: (key: string, query: SeriesQuery, signal: AbortSignal) => Promise<SeriesView>;
}

/** Devices on an overview and the charts of a few device pages; the oldest goes first. */
const seriesMax = 200;

/** `local`: ms, monotonic. */
export function createSeriesCache(api: Api, local: () => number): SeriesCache {
  const kept = new Map<string, { view: SeriesView; at: number }>();
  return {
    find: (key) => kept.get(key),
    load: async (key, query, signal) => {
      const view = await api.series(query, signal);
      kept.delete(key);
      kept.set(key, { view, at: local() });
      for (const oldest of kept.keys()) {
        if (kept.size <= seriesMax) break;
        kept.delete(oldest);
      }
      return view;
    },
  };
}
