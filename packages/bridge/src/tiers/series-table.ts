// Series and fields of the tiers, between `tier_series`, `tier_field` and memory.

import type { DatabaseSync } from 'node:sqlite';
import { type DeviceKind, type FieldKind, fieldKinds, isDeviceKind } from '@wattline/protocols';
import type { SeriesKey } from '../message.ts';
import type { FieldState, SeriesState } from './series-state.ts';

export function* readSeries(database: DatabaseSync): Generator<SeriesState> {
  const read = createSeriesReader(database);
  for (const row of database.prepare('SELECT * FROM tier_series').all()) yield read(row);
}

export function createSeriesFinder(database: DatabaseSync): (key: SeriesKey) => SeriesState | undefined {
  const read = createSeriesReader(database);
  const select = database.prepare('SELECT * FROM tier_series WHERE topic = ? AND agent = ?');
  return ({ topic, agent }) => {
    const row = select.get(topic, agent);
    return row && read(row);
  };
}

interface StoredRow {
  readonly [column: string]: unknown;
}

function createSeriesReader(database: DatabaseSync): (row: StoredRow) => SeriesState {
  const selectFields = database.prepare('SELECT * FROM tier_field WHERE series = ? ORDER BY id');
  return (row) => {
    const id = Number(row['id']);
    const fields = selectFields.all(id).map(readField);
    return {
      id,
      key: { topic: String(row['topic']), agent: String(row['agent']) },
      fields: new Map(fields.map((field) => [field.name, field])),
      kinds: fields.map(({ kind }) => kind),
      cells: new Map(),
      cursor: Number(row['cursor']),
      position: Number(row['cursor']),
      kind: deviceKindOf(row['kind']),
      definition: textOf(row['definition']),
      site: textOf(row['site']),
      intervalSeconds: row['interval_seconds'] === null ? undefined : Number(row['interval_seconds']),
      firstMs: Number(row['first_ms']),
      newestMs: Number(row['newest_ms']),
      isStored: true,
    };
  };
}

function readField(row: StoredRow): FieldState {
  return {
    id: Number(row['id']),
    name: String(row['name']),
    kind: fieldKindOf(row['kind']),
    isStored: true,
    pending: [],
    newest:
      row['newest_ms'] === null
        ? undefined
        : { timeMs: Number(row['newest_ms']), units: Number(row['newest']) },
    isTrimmed: row['trimmed'] === 1,
  };
}

/** Saves what a flush changed of a series. */
export function createSeriesSaver(database: DatabaseSync): (series: SeriesState) => void {
  const insertSeries = database.prepare('INSERT INTO tier_series VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const updateSeries = database.prepare(
    `UPDATE tier_series SET kind = ?, definition = ?, site = ?, interval_seconds = ?, first_ms = ?, newest_ms = ?,
     cursor = ? WHERE id = ?`,
  );
  const insertField = database.prepare('INSERT INTO tier_field VALUES (?, ?, ?, ?, ?, ?, 0)');
  const updateNewest = database.prepare(
    'UPDATE tier_field SET newest_ms = ?, newest = ? WHERE series = ? AND id = ?',
  );
  return (series) => {
    const { id, key, kind, definition = null, site = null, intervalSeconds = null } = series;
    const { firstMs, newestMs, cursor } = series;
    if (series.isStored) {
      updateSeries.run(kind, definition, site, intervalSeconds, firstMs, newestMs, cursor, id);
    } else {
      const { topic, agent } = key;
      insertSeries.run(id, topic, agent, kind, definition, site, intervalSeconds, firstMs, newestMs, cursor);
      series.isStored = true;
    }
    for (const field of series.fields.values()) {
      const { timeMs = null, units = null } = field.newest ?? {};
      if (!field.isStored) {
        insertField.run(id, field.id, field.name, field.kind, timeMs, units);
        field.isStored = true;
      } else if (field.kind === 'counter') {
        updateNewest.run(timeMs, units, id, field.id);
      }
    }
  };
}

function deviceKindOf(word: unknown): DeviceKind {
  return typeof word === 'string' && isDeviceKind(word) ? word : 'other';
}

export function fieldKindOf(word: unknown): FieldKind {
  const kind = fieldKinds.find((known) => known === word);
  if (kind === undefined) throw new Error(`the store knows a field of the kind "${word}", which is none`);
  return kind;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
