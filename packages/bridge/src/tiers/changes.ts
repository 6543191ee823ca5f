// Closed windows in the order in which they changed: what sinks write.

import type { DatabaseSync } from 'node:sqlite';
import type { DeviceKind } from '@wattline/protocols';
import type { SeriesKey } from '../message.ts';
import type { Aggregate } from './aggregate.ts';
import { decodeRow } from './row.ts';
import type { SeriesState } from './series-state.ts';
import { type Every, everySeconds } from './tier.ts';

/** A window of a series, with every field that has a value in it. */
export interface WindowOfSeries {
  readonly series: SeriesKey;
  readonly kind: DeviceKind;
  readonly definition?: string;
  readonly site?: string;
  readonly every: Every;
  readonly startMs: number;
  readonly fields: readonly { readonly name: string; readonly aggregate: Aggregate }[];
}

export interface ClosedWindow extends WindowOfSeries {
  /** Grows with every change of any closed window. */
  readonly revision: number;
}

/** Beyond it the answer is: as many at least. */
const countedMax = 100_000;

const secondsOf = (tiers: readonly Every[]): string => tiers.map(everySeconds).join(', ');

/** How many closed windows changed after a revision. */
export function createChangeCounter(
  database: DatabaseSync,
  tiers: readonly Every[],
): (after: number) => number {
  const count = database.prepare(
    `SELECT count(*) AS count FROM (
       SELECT 1 FROM tier_window WHERE revision IS NOT NULL AND revision > ? AND tier IN (${secondsOf(tiers)}) LIMIT ${countedMax})`,
  );
  return (after) => Number(count.get(after)?.['count']);
}

/** Windows of tiers that are no longer configured are passed over. */
export function createChangeReader(
  database: DatabaseSync,
  tiers: readonly Every[],
): (after: number, limit: number, find: (id: number) => SeriesState | undefined) => ClosedWindow[] {
  const select = database.prepare(
    `SELECT tier, series, start, revision, row FROM tier_window
     WHERE revision IS NOT NULL AND revision > ? AND tier IN (${secondsOf(tiers)}) ORDER BY revision LIMIT ?`,
  );
  const bySeconds = new Map(tiers.map((every) => [everySeconds(every), every]));
  return (after, limit, find) =>
    select.all(after, limit).flatMap((stored) => {
      const every = bySeconds.get(Number(stored['tier']));
      const series = find(Number(stored['series']));
      if (every === undefined || series === undefined) return [];
      const startMs = Number(stored['start']) * 1_000;
      const row = decodeRow(stored['row'] as Uint8Array, startMs, series.kinds);
      const window = describeWindow(series, series.fields.values(), every, startMs, row);
      return [{ ...window, revision: Number(stored['revision']) }];
    });
}

export function describeWindow(
  series: Pick<SeriesState, 'key' | 'kind' | 'definition' | 'site'>,
  known: Iterable<{ readonly id: number; readonly name: string }>,
  every: Every,
  startMs: number,
  row: readonly (Aggregate | undefined)[],
): WindowOfSeries {
  const fields = [...known].flatMap(({ id, name }) => {
    const aggregate = row[id];
    return aggregate === undefined ? [] : [{ name, aggregate }];
  });
  const { key, kind, definition, site } = series;
  return {
    series: key,
    kind,
    ...(definition === undefined ? {} : { definition }),
    ...(site === undefined ? {} : { site }),
    every,
    startMs,
    fields,
  };
}
