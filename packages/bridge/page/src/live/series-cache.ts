// History that was read already: going back to a page does not ask for it again while it is young enough.

import type { SeriesView } from '../../../src/web/api.ts';
import type { Api, SeriesQuery } from './api.ts';

export interface SeriesCache {
  readonly find: (key: string) => { readonly view: SeriesView; readonly at: number } | undefined;
  /** Several parts of a page that want the same at once cause one call. */
  readonly load: (key: string, query: SeriesQuery) => Promise<SeriesView>;
}

/** Devices on an overview and the charts of a few device pages; the oldest goes first. */
const seriesMax = 200;
const timeoutMs = 20_000;

/** `local`: ms, monotonic. */
export function createSeriesCache(api: Pick<Api, 'series'>, local: () => number): SeriesCache {
  const kept = new Map<string, { view: SeriesView; at: number }>();
  const pending = new Map<string, Promise<SeriesView>>();
  const call = async (key: string, query: SeriesQuery): Promise<SeriesView> => {
    try {
      const view = await api.series(query, AbortSignal.timeout(timeoutMs));
      kept.delete(key);
      kept.set(key, { view, at: local() });
      for (const oldest of kept.keys()) {
        if (kept.size <= seriesMax) break;
        kept.delete(oldest);
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
