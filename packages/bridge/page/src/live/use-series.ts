// Series for one part of the page: read when first drawn, read again when they have grown old, never while hidden.

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
  /** In the order asked for. */
  readonly views: readonly (SeriesView | undefined)[];
  readonly failed: boolean;
  readonly again: () => void;
}

/** A failed call is repeated by itself, but in peace. */
const retryMs = 20_000;

const keyOf = ({ device, field, window, points }: Ask): string => `${device} ${field} ${window} ${points}`;

export function useSeries(asks: readonly Ask[]): Series {
  const { series, clock, local } = usePage();
  const live = useKnown(({ link }) => link.state === 'live');
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const running = useRef<object>(undefined);
  const failedAt = useRef<number>(undefined);
  const keys = asks.map(keyOf).join('\n');

  const load = (wanted: readonly Ask[]): void => {
    if (running.current !== undefined || wanted.length === 0) return;
    const run = {};
    running.current = run;
    const now = clock.now();
    const calls = wanted.map((ask) => {
      const { device, field, points } = ask;
      const query = { device, field, points, from: ask.from(now), to: ask.to(now) };
      return series.load(keyOf(ask), query);
    });
    void Promise.allSettled(calls).then((results) => {
      if (running.current !== run) return;
      running.current = undefined;
      failedAt.current = results.some(({ status }) => status === 'rejected') ? local() : undefined;
      redraw(undefined);
    });
  };
  const renew = (): void => {
    if (!live || (failedAt.current !== undefined && local() - failedAt.current < retryMs)) return;
    load(
      asks.filter((ask) => {
        const { at } = series.find(keyOf(ask)) ?? {};
        return at === undefined || local() - at >= ask.renewMs;
      }),
    );
  };
  useLayoutEffect(() => {
    failedAt.current = undefined;
    renew();
    return () => {
      running.current = undefined;
    };
  }, [keys, live]);
  useTick(renew);

  return {
    views: asks.map((ask) => series.find(keyOf(ask))?.view),
    failed: failedAt.current !== undefined,
    again: () => {
      failedAt.current = undefined;
      renew();
      redraw(undefined);
    },
  };
}
