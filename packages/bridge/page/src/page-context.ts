// What every part of the page is given: the store, the words, the clock. Made once, in main.tsx.

import { createContext } from 'preact';
import { useContext, useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { type Times, timesIn } from './format/times.ts';
import type { Keys } from './keys.ts';
import type { Api } from './live/api.ts';
import type { SeriesCache } from './live/series-cache.ts';
import type { ServerClock } from './live/server-clock.ts';
import type { Known, Store } from './live/store.ts';
import type { Ticker } from './live/ticker.ts';
import type { Words } from './words/words.ts';

export interface Page {
  readonly store: Store;
  readonly words: Words;
  readonly clock: ServerClock;
  readonly ticker: Ticker;
  readonly api: Api;
  /** Asks for everything anew, after signing in or out. */
  readonly renew: () => void;
  readonly keys: Keys;
  readonly series: SeriesCache;
  /** ms, monotonic. */
  readonly local: () => number;
  /** A wall display beside the batteries: no navigation, nothing that scrolls on the overview. */
  readonly kiosk: boolean;
}

const Context = createContext<Page | undefined>(undefined);
export const PageProvider = Context.Provider;

export function usePage(): Page {
  const page = useContext(Context);
  if (page === undefined) throw new Error('Expected to be drawn inside PageProvider');
  return page;
}

export const useWords = (): Words => usePage().words;

/** A part of what is known; the caller is drawn again only when this part is another one. */
export function useKnown<Part>(select: (known: Known) => Part): Part {
  const { store } = usePage();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const part = select(store.get());
  const latest = useRef({ select, part });
  latest.current = { select, part };
  useLayoutEffect(
    () =>
      store.subscribe(() => {
        if (!Object.is(latest.current.select(store.get()), latest.current.part)) redraw(undefined);
      }),
    [store],
  );
  return part;
}

/** Clock times of the site's time zone; the reader's own until the site is known. */
export function useTimes(): Times {
  const { locale } = useWords();
  const zone = useKnown(({ site }) => site?.timezone) ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return useMemo(() => timesIn(locale, zone), [locale, zone]);
}

/** Calls `listener` every second while the page is seen, and at once after each drawing. */
export function useTick(listener: () => void): void {
  const { ticker } = usePage();
  const latest = useRef(listener);
  latest.current = listener;
  useLayoutEffect(() => ticker.onTick(() => latest.current()), [ticker]);
}
