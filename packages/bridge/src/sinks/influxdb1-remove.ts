// Removing points from InfluxDB 1. It deletes from all retention policies at once; but the raw points and those of the
// tiers have measurements of different names, so that each of the two is removed as far back as it can be written again.

import { deviceKinds } from '@wattline/protocols';
import { removeShowing, type Seen } from './influxdb1-hidden.ts';
import type { InfluxDb1Client } from './influxdb1-http.ts';
import { nameOf } from './line-protocol.ts';
import { tierMeasurements } from './point.ts';
import { type Point, type Removal, rawTier } from './sink.ts';

interface Place {
  readonly client: Pick<InfluxDb1Client, 'tell' | 'query' | 'series' | 'write'>;
  readonly database: string;
}

const rawMeasurement = `/^(${Object.keys(deviceKinds).join('|')})$/`;
const tierMeasurement = `/_(${tierMeasurements.join('|')})$/`;

/** Of one series. @throws what the client throws */
export async function removeSeries(
  place: Place & Omit<Seen, 'client'>,
  removals: readonly Removal[],
): Promise<void> {
  const [first] = removals;
  if (first === undefined) return;
  const of = conditionOf(first.tags);
  const removed = { of, isOf: (tags: Point['tags']) => isOf(tags, first.tags) };
  await removeShowing(place, removed, () => removePoints(place, removals, of));
}

async function removePoints(place: Place, removals: readonly Removal[], of: string): Promise<void> {
  const { client } = place;
  if (removals.every(({ fromMs, toMs }) => fromMs <= 0 && toMs === undefined)) {
    await client.tell(`DROP SERIES WHERE ${of}`);
    return;
  }
  const raw = removals.filter(({ tier }) => tier === rawTier);
  const tiers = removals.filter(({ tier }) => tier !== rawTier);
  for (const [measurement, some] of [
    [rawMeasurement, raw],
    [tierMeasurement, tiers],
  ] as const) {
    if (some.length === 0) continue;
    const fromMs = await startOf(place, some, measurement, of);
    await client.tell(`DELETE FROM ${measurement} WHERE time >= ${fromMs}ms AND ${endOf(some)}${of}`);
  }
}

/** The policies of a measurement cannot be told apart: the earliest end is that of all. */
function endOf(removals: readonly Removal[]): string {
  const ends = removals.flatMap(({ toMs }) => (toMs === undefined ? [] : [Math.ceil(toMs)]));
  return ends.length === 0 ? '' : `time < ${Math.min(...ends)}ms AND `;
}

/** From when on all of them can be removed, and nothing that cannot be written again. */
async function startOf(
  { client, database }: Place,
  removals: readonly Removal[],
  measurement: string,
  of: string,
): Promise<number> {
  const starts = removals.map(({ fromMs }) => Math.ceil(fromMs));
  const earliestMs = Math.min(...starts);
  for (const { tier, fromMs } of removals) {
    const policy = `FROM "${database}"."${tier}".${measurement}`;
    const older = `time >= ${earliestMs}ms AND time < ${Math.ceil(fromMs)}ms`;
    const kept = await client.query(`SELECT * ${policy} WHERE ${older} AND ${of} LIMIT 1`);
    if (kept.length > 0) return Math.max(...starts);
  }
  return earliestMs;
}

/** A tag that a series does not have is empty in it. */
const tagsToMatch = (tags: Point['tags']): readonly (readonly [tag: string, value: string])[] =>
  Object.entries({ agent: '', ...tags }).map(([tag, value]) => [tag, nameOf(value)]);

const isOf = (tags: Point['tags'], removed: Point['tags']): boolean =>
  tagsToMatch(removed).every(([tag, value]) => (tags[tag] ?? '') === value);

function conditionOf(tags: Point['tags']): string {
  return tagsToMatch(tags)
    .map(([tag, value]) => `"${tag}" = '${value.replaceAll("'", "\\'")}'`)
    .join(' AND ');
}
