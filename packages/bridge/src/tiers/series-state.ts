// What the tiers hold in memory: the series with their fields, and of each series what came since it was last flushed.
// Readings are gathered in cells, the longest spans of time that lie in one window of every tier.

import { type DeviceKind, describeField, type FieldKind, type Value } from '@wattline/protocols';
import type { SeriesKey, StoredReading } from '../message.ts';
import { addValue, aggregateOf, kindOfValue, type LeftOut } from './aggregate.ts';
import { toUnits } from './exact.ts';
import type { CounterPoint } from './growth.ts';
import type { Row } from './row.ts';

export interface FieldState {
  /** Its place in rows. */
  readonly id: number;
  readonly name: string;
  readonly kind: FieldKind;
  isStored: boolean;
  /** Of a counter: readings that wait for the flush, of each its time and then its units: many wait, and points would
   * take five times the memory. */
  pending: number[];
  /** Of a counter: the last in time of all that are flushed. */
  newest: CounterPoint | undefined;
  /** Of a counter: older points than those in `tier_counter` have been there. */
  isTrimmed: boolean;
}

export interface SeriesState {
  readonly id: number;
  readonly key: SeriesKey;
  readonly fields: Map<string, FieldState>;
  /** Kinds by field id. */
  readonly kinds: FieldKind[];
  /** What is not flushed, by start of cell. */
  cells: Map<number, Row>;
  /** Position of the last reading in rows, and in rows or cells. */
  cursor: number;
  position: number;
  /** What the newest reading in time says of the series. */
  kind: DeviceKind;
  definition: string | undefined;
  site: string | undefined;
  intervalSeconds: number | undefined;
  firstMs: number;
  newestMs: number;
  isStored: boolean;
}

export interface SeriesStates {
  find(key: SeriesKey): SeriesState | undefined;
  byId(id: number): SeriesState | undefined;
  all(): Iterable<SeriesState>;
  /** Cells that were begun, since the start. */
  cellsMade(): number;
  /** Adds a reading to its cell, once. `full`: nothing was added, the series must be flushed first. */
  add(reading: StoredReading): SeriesState | 'full' | undefined;
}

/** Cells of a series that may wait: what one flush of it costs is bounded by them. */
const cellsMax = 128;
/** Fields of a series: other programs' names are not ours to bound. */
const fieldsMax = 256;
/** Until the year 2109; times are integers below. */
const timeMsMax = 2 ** 42;

export type LeftOutReason = LeftOut | 'fields' | 'time';

export interface StatesOptions {
  /** The series of the store. */
  readonly stored: Iterable<SeriesState>;
  readonly cellMs: number;
  /** A value, or without a field a whole reading, that no window holds. */
  readonly onLeftOut: (series: SeriesKey, field: string | undefined, why: LeftOutReason) => void;
}

export function createSeriesStates({ stored, cellMs, onLeftOut }: StatesOptions): SeriesStates {
  const byTopic = new Map<string, Map<string, SeriesState>>();
  const byId = new Map<number, SeriesState>();
  const register = (series: SeriesState): SeriesState => {
    byId.set(series.id, series);
    const agents = byTopic.get(series.key.topic);
    if (agents === undefined) byTopic.set(series.key.topic, new Map([[series.key.agent, series]]));
    else agents.set(series.key.agent, series);
    return series;
  };
  const find = ({ topic, agent }: SeriesKey): SeriesState | undefined => byTopic.get(topic)?.get(agent);
  let cellsMade = 0;
  let idNext = 1;
  for (const series of stored) {
    register(series);
    idNext = Math.max(idNext, series.id + 1);
  }

  return {
    find,
    byId: (id) => byId.get(id),
    all: () => byId.values(),
    cellsMade: () => cellsMade,
    add: (reading) => {
      const { series: key, timeMs, position } = reading;
      if (!isTimeKept(timeMs)) {
        onLeftOut(key, undefined, 'time');
        return undefined;
      }
      const series = find(key) ?? register(newSeries(idNext++, reading));
      if (position <= series.position) return undefined;
      const cellsBefore = series.cells.size;
      if (addReading(series, reading, cellMs, onLeftOut) === 'full') return 'full';
      cellsMade += series.cells.size - cellsBefore;
      return series;
    },
  };
}

/** Readings of a counter that wait for the flush, in the order of their arrival. */
export function pendingPoints({ pending }: FieldState): CounterPoint[] {
  const points: CounterPoint[] = [];
  for (let at = 0; at < pending.length; at += 2) {
    points.push({ timeMs: pending[at] as number, units: pending[at + 1] as number });
  }
  return points;
}

export const isTimeKept = (timeMs: number): boolean => timeMs >= 0 && timeMs < timeMsMax;

/** Adds a reading to its cell. `full`: nothing was added, there are cells enough. */
export function addReading(
  series: SeriesState,
  reading: StoredReading,
  cellMs: number,
  onLeftOut: StatesOptions['onLeftOut'],
): 'added' | 'full' {
  const { timeMs, position, values } = reading;
  const cell = Math.floor(timeMs / cellMs) * cellMs;
  let row = series.cells.get(cell);
  if (row === undefined) {
    if (series.cells.size >= cellsMax) return 'full';
    row = [];
    series.cells.set(cell, row);
  }
  series.position = position;
  describe(series, reading);
  for (const name in values) {
    const value = values[name];
    if (value === null || value === undefined) continue;
    const field = series.fields.get(name) ?? addField(series, name, value);
    const why = field === undefined ? 'fields' : addToField(field, row, value, timeMs);
    if (why !== undefined) onLeftOut(series.key, name, why);
  }
  return 'added';
}

function addField(series: SeriesState, name: string, value: Exclude<Value, null>): FieldState | undefined {
  if (series.fields.size >= fieldsMax) return undefined;
  const field = newField(series.kinds.length, name, describeField(name)?.kind ?? kindOfValue(value));
  series.fields.set(name, field);
  series.kinds.push(field.kind);
  return field;
}

function addToField(
  { id, kind, pending }: FieldState,
  row: Row,
  value: Exclude<Value, null>,
  timeMs: number,
): LeftOut | undefined {
  if (kind === 'counter') {
    if (typeof value !== 'number') return 'type';
    const units = toUnits(value);
    if (units === undefined || units < 0) return 'size';
    pending.push(timeMs, units);
    return undefined;
  }
  const aggregate = row[id];
  if (aggregate !== undefined && aggregate.kind !== 'counter') return addValue(aggregate, value, timeMs);
  const one = aggregateOf(kind, value, timeMs);
  if (typeof one === 'string') return one;
  row[id] = one;
  return undefined;
}

const newField = (id: number, name: string, kind: FieldKind): FieldState => ({
  id,
  name,
  kind,
  isStored: false,
  pending: [],
  newest: undefined,
  isTrimmed: false,
});

export const newSeries = (id: number, { series, timeMs, kind }: StoredReading): SeriesState => ({
  id,
  key: series,
  fields: new Map(),
  kinds: [],
  cells: new Map(),
  cursor: 0,
  position: 0,
  kind,
  definition: undefined,
  site: undefined,
  intervalSeconds: undefined,
  firstMs: timeMs,
  newestMs: Number.NEGATIVE_INFINITY,
  isStored: false,
});

function describe(series: SeriesState, reading: StoredReading): void {
  const { timeMs } = reading;
  if (timeMs < series.firstMs) series.firstMs = timeMs;
  if (timeMs < series.newestMs) return;
  series.newestMs = timeMs;
  series.kind = reading.kind;
  series.definition = reading.definition;
  series.site = reading.site;
  series.intervalSeconds = reading.intervalSeconds;
}
