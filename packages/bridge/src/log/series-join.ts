// Series that were renamed, joined or removed. A row of `log_series` is a name as messages bear it; `joined` says of
// which series it is a name now. Groups go on naming the row that their messages bore, so that nothing in them changes.

import type { DatabaseSync } from 'node:sqlite';
import type { SeriesKey } from '../message.ts';

/** The name is taken: messages that bear it belong to another series. */
export class NameTakenError extends Error {}

/**
 * Readings of `from` are readings of `into` from now on, those to come included. `into` is made where it is missing.
 * The caller holds the transaction, and reads the series again afterwards.
 * @throws NameTakenError
 */
export function joinLogSeries(database: DatabaseSync, from: SeriesKey, into: SeriesKey): void {
  const source = find(database, from);
  if (source === undefined || source.joined !== null) throw new Error(`there is no series ${from.topic}`);
  const target = find(database, into) ?? create(database, into);
  if (target.joined !== null && target.joined !== source.id) {
    const other = database.prepare('SELECT topic FROM log_series WHERE id = ?').get(target.joined);
    throw new NameTakenError(`readings of ${into.topic} are readings of ${String(other?.['topic'])}`);
  }
  database.prepare('UPDATE log_series SET joined = ? WHERE joined = ?').run(target.id, source.id);
  database.prepare('UPDATE log_series SET joined = NULL WHERE id = ?').run(target.id);
  database.prepare('UPDATE log_series SET joined = ? WHERE id = ?').run(target.id, source.id);
  addUp(database, source.id, target.id, target.joined !== null);
  // Types of fields are those of the target; it takes over what it does not know.
  database.prepare('UPDATE OR IGNORE log_field SET series = ? WHERE series = ?').run(target.id, source.id);
  forgetFields(database, source.id);
}

function forgetFields(database: DatabaseSync, series: number): void {
  database.prepare('DELETE FROM log_field WHERE series = ?').run(series);
}

/** Its names are free again; groups that still hold readings of it are as if they did not. */
export function removeLogSeries(database: DatabaseSync, key: SeriesKey): void {
  const source = find(database, key);
  if (source === undefined) return;
  for (const id of idsOf(database, source.id)) {
    database.prepare('INSERT INTO log_series_gone VALUES (?)').run(id);
    database.prepare('DELETE FROM log_series WHERE id = ?').run(id);
    forgetFields(database, id);
  }
}

/** The series whose readings those of a name are now. */
export function holderOf(
  database: DatabaseSync,
  name: SeriesKey,
): { readonly id: number; readonly key: SeriesKey } | undefined {
  const found = find(database, name);
  if (found === undefined) return undefined;
  const id = found.joined ?? found.id;
  const row = database.prepare('SELECT topic, agent FROM log_series WHERE id = ?').get(id);
  return row && { id, key: { topic: String(row['topic']), agent: String(row['agent']) } };
}

/** Of the rows whose readings are those of a series. */
export function idsOf(database: DatabaseSync, series: number): readonly number[] {
  return database
    .prepare('SELECT id FROM log_series WHERE id = ? OR joined = ? ORDER BY id')
    .all(series, series)
    .map(({ id }) => Number(id));
}

/** An id is never used twice: groups outlive what they name. */
const newIdSql = `(SELECT 1 + max(
  (SELECT coalesce(max(id), 0) FROM log_series), (SELECT coalesce(max(id), 0) FROM log_series_gone)))`;

export const insertSeriesSql = `INSERT INTO log_series
  (id, topic, agent, first_ms, readings, newest_position, newest_ms, newest_received_ms, newest_placed, newest_payload)
  VALUES (${newIdSql}, ?, ?, 0, 0, 0, 0, 0, 0, x'')`;

interface Found {
  readonly id: number;
  readonly joined: number | null;
}

function find(database: DatabaseSync, { topic, agent }: SeriesKey): Found | undefined {
  const row = database
    .prepare('SELECT id, joined FROM log_series WHERE topic = ? AND agent = ?')
    .get(topic, agent);
  if (row === undefined) return undefined;
  return { id: Number(row['id']), joined: row['joined'] === null ? null : Number(row['joined']) };
}

function create(database: DatabaseSync, { topic, agent }: SeriesKey): Found {
  return { id: Number(database.prepare(insertSeriesSql).run(topic, agent).lastInsertRowid), joined: null };
}

const newestColumns =
  'newest_position, newest_ms, newest_received_ms, newest_placed, newest_payload, newest_topic, newest_device, newest_left_out';

/** `isName`: the target was a name of the source only, and has counted nothing since. */
function addUp(database: DatabaseSync, source: number, target: number, isName: boolean): void {
  const select = database.prepare('SELECT * FROM log_series WHERE id = ?');
  const [from, into] = [select.get(source), select.get(target)];
  const hasOwn = !isName && Number(into?.['readings']) > 0;
  const first = hasOwn
    ? Math.min(Number(from?.['first_ms']), Number(into?.['first_ms']))
    : from?.['first_ms'];
  const readings = Number(from?.['readings']) + (hasOwn ? Number(into?.['readings']) : 0);
  database
    .prepare('UPDATE log_series SET first_ms = ?, readings = ? WHERE id = ?')
    .run(Number(first), readings, target);
  if (hasOwn && Number(into?.['newest_ms']) > Number(from?.['newest_ms'])) return;
  database
    .prepare(
      `UPDATE log_series SET (${newestColumns}) = (SELECT ${newestColumns} FROM log_series WHERE id = ?) WHERE id = ?`,
    )
    .run(source, target);
}
