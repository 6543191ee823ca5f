// One series for one part of the page: read when first drawn, read again when it has grown old, never while hidden.

import { useLayoutEffect, useReducer, useRef } from 'preact/hooks';
import type { SeriesView } from '../../../src/web/api.ts';
import { useKnown, usePage, useTick } from '../page-context.ts';

export interface Ask {
  readonly device: string;
  readonly field: string;
  /** Tells windows apart: two asks of the same name want the same stretch of time. */
  readonly window: string;
  readonly from: (now: number) => number;
  readonly to: (now: number) => number;
  readonly points: number;
  readonly renewMs: number;
}

export interface Series {
  readonly view: SeriesView | undefined;
  readonly failed: boolean;
  readonly again: () => void;
}

/** A failed call is repeated by itself, but in peace. */
const retryMs = 20_000;

export function useSeries(ask: Ask | undefined): Series {
  const { series, clock, local } = usePage();
  const live = useKnown(({ link }) => link.state === 'live');
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const key = ask === undefined ? '' : `${ask.device} ${ask.field} ${ask.window} ${ask.points}`;
  const running = useRef<AbortController>(undefined);
  const failedAt = useRef<number>(undefined);

  const load = (): void => {
    if (ask === undefined || running.current !== undefined) return;
    const abort = new AbortController();
    running.current = abort;
    const { device, field, points } = ask;
    const now = clock.now();
    const query = { device, field, points, from: Math.floor(ask.from(now)), to: Math.floor(ask.to(now)) };
    series
      .load(key, query, abort.signal)
      .then(() => {
        failedAt.current = undefined;
      })
      .catch(() => {
        failedAt.current = local();
      })
      .finally(() => {
        if (running.current !== abort) return;
        running.current = undefined;
        redraw(undefined);
      });
  };
  const renew = (): void => {
    if (ask === undefined || !live) return;
    const { at } = series.find(key) ?? {};
    if (failedAt.current !== undefined) {
      if (local() - failedAt.current >= retryMs) load();
    } else if (at === undefined || local() - at >= ask.renewMs) load();
  };
  useLayoutEffect(() => {
    failedAt.current = undefined;
    renew();
    return () => {
      running.current?.abort();
      running.current = undefined;
    };
  }, [key, live]);
  useTick(renew);

  return {
    view: series.find(key)?.view,
    failed: failedAt.current !== undefined,
    again: () => {
      failedAt.current = undefined;
      load();
      redraw(undefined);
    },
  };
}
