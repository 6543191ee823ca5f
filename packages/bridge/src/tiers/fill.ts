// Fills windows of a tier, backwards in time, from the coarsest finer tier that still has them, else from raw readings.
// All of them hold the same readings, merged exactly, so a window filled is the window that would have been kept.

import type { DatabaseSync } from 'node:sqlite';
import type { RawHistory } from '../log/raw.ts';
import { merge } from './aggregate.ts';
import { type Counters, createCounters } from './counters.ts';
import { addGrowth, gather, isExpired, type Moment, type TierWindows } from './flush.ts';
import type { Reaches } from './reach.ts';
import { decodeRow, type Row } from './row.ts';
import { addReading, isTimeKept, type SeriesState } from './series-state.ts';
import { everySeconds } from './tier.ts';
import type { WindowTable } from './window-table.ts';

export interface FillParts {
  readonly database: DatabaseSync;
  /** The finest first. */
  readonly tiers: readonly TierWindows[];
  readonly windows: WindowTable;
  readonly cellMs: number;
  readonly reaches: Reaches;
  readonly raw: RawHistory;
  /** Whether a tier still has what it should. */
  readonly isWhole: (tier: TierWindows) => boolean;
}

/** Source windows of one slice, and the span of raw readings. */
const sliceWindows = 300;
const sliceRawMs = 3_600_000;

/** What a source gives: windows by start, and from when on they are whole. */
interface Found {
  readonly fromMs: number;
  readonly rows: ReadonlyMap<number, Row>;
}

/** What is to be found. */
interface Wanted {
  readonly series: SeriesState;
  readonly tier: TierWindows;
  /** Windows that begin before it, the latest first. */
  readonly toMs: number;
  readonly moment: Moment;
}

/** Fills a slice of a series in a tier. Call inside a transaction. */
export function createFill(parts: FillParts) {
  const { windows, reaches } = parts;
  const counters = createCounters(parts.database);

  return (series: SeriesState, tier: TierWindows, moment: Moment, revise: () => number): void => {
    const toMs = reaches.get(tier.every, series.id)?.fromMs;
    if (toMs === undefined) return;
    if (toMs <= series.firstMs || isExpired(tier, tier.windows.start(toMs - 1), moment)) {
      // Windows of other days, which were made anew.
      windows.clear(tier.every, series.id, 0, toMs);
      reaches.set(tier.every, series.id, undefined);
      return;
    }
    const found = findSource(parts, counters, { series, tier, toMs, moment });
    if (found === undefined) {
      reaches.set(tier.every, series.id, { fromMs: toMs, isFilling: false });
      return;
    }
    windows.clear(tier.every, series.id, found.fromMs, toMs);
    const closedBefore = tier.windows.start(moment.closedMs);
    for (const [startMs, row] of found.rows) {
      if (isExpired(tier, startMs, moment)) continue;
      const state = { isClosed: startMs < closedBefore, reopens: moment.reopens };
      windows.merge({ every: tier.every, series: series.id, startMs }, series.kinds, row, state, revise);
    }
    reaches.set(tier.every, series.id, { fromMs: found.fromMs, isFilling: true });
  };
}

function findSource(parts: FillParts, counters: Counters, wanted: Wanted): Found | undefined {
  const seconds = everySeconds(wanted.tier.every);
  const finer = parts.tiers.filter((tier) => everySeconds(tier.every) < seconds && parts.isWhole(tier));
  for (const source of finer.toReversed()) {
    const found = fromTier(parts, source, wanted);
    if (found !== undefined) return found;
  }
  return fromRaw(parts, counters, wanted);
}

function fromTier(
  { windows, reaches }: FillParts,
  source: TierWindows,
  { series, tier: { windows: into }, toMs, moment: { keptFromMs } }: Wanted,
): Found | undefined {
  const keptMs = source.keepMs === null ? 0 : source.windows.start(keptFromMs - source.keepMs);
  const heldMs = Math.max(0, keptMs, reaches.get(source.every, series.id)?.fromMs ?? 0);
  const spanMs = sliceWindows * everySeconds(source.every) * 1_000;
  const fromMs = Math.max(into.start(toMs - spanMs), wholeFrom(into, heldMs));
  if (fromMs >= toMs) return undefined;
  const rows = new Map<number, Row>();
  // One that begins before may reach over the edge.
  const firstMs = source.windows.start(fromMs);
  for (const { startMs, bytes } of windows.ofSpan(source.every, series.id, firstMs, toMs)) {
    const lastMs = source.windows.end(startMs) - 1;
    if (into.start(startMs) !== into.start(lastMs)) {
      // It holds readings of two windows, and cannot say which of which: what is later is whole.
      const wholeMs = into.end(lastMs);
      for (const start of rows.keys()) if (start < wholeMs) rows.delete(start);
      return wholeMs >= toMs ? undefined : { fromMs: wholeMs, rows };
    }
    addRow(rows, into.start(startMs), decodeRow(bytes, startMs, series.kinds));
  }
  return { fromMs, rows };
}

function fromRaw(
  { cellMs, raw }: FillParts,
  counters: Counters,
  { series, tier: { windows: into }, toMs }: Wanted,
): Found | undefined {
  const counting = [...series.fields.values()].filter(({ kind }) => kind === 'counter');
  const heldMs = counting.reduce(
    (latest, field) => Math.max(latest, counters.knownFromMs(series.id, field)),
    raw.heldFromMs(),
  );
  const fromMs = Math.max(into.start(toMs - sliceRawMs), wholeFrom(into, heldMs));
  if (fromMs >= toMs) return undefined;
  const cells = new Map<number, Row>();
  for (const field of counting) {
    const growths = counters.growths(series.id, field, fromMs, toMs);
    for (const growth of growths) addGrowth(cells, cellMs, field, growth);
  }
  // What a counter grew by is known already: its readings are gathered where nobody looks.
  const fields = new Map([...series.fields].map(([name, field]) => [name, { ...field, pending: [] }]));
  const gathering = { ...series, fields, kinds: [...series.kinds] };
  for (const reading of raw.read(series.key, fromMs, toMs)) {
    if (reading.position > series.cursor || !isTimeKept(reading.timeMs)) continue;
    gathering.cells = new Map();
    addReading(gathering, reading, cellMs, () => {});
    for (const [startOfCell, row] of gathering.cells) addRow(cells, startOfCell, row);
  }
  return { fromMs, rows: gather(cells, into) };
}

/** Start of the first window that begins at a time or later. */
const wholeFrom = (windows: TierWindows['windows'], timeMs: number): number =>
  windows.start(timeMs) === timeMs ? timeMs : windows.end(timeMs);

function addRow(rows: Map<number, Row>, startMs: number, added: Row): void {
  const known = rows.get(startMs);
  if (known === undefined) {
    rows.set(startMs, added);
    return;
  }
  added.forEach((aggregate, id) => {
    const earlier = known[id];
    if (aggregate === undefined) return;
    if (earlier === undefined) known[id] = aggregate;
    else merge(earlier, aggregate);
  });
}
