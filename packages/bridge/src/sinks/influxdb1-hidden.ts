// What InfluxDB 1 hides when a series is removed, and how it is seen again. Its index in memory (1.6.7, the default)
// forgets a whole measurement when the last series goes that was in it before an earlier removal; those that came since are
// on its disk and in no answer, until a point of theirs is written. So their newest points are read before a removal, and
// those that are not there after it are written once more, as they were. Nothing else writes meanwhile (influxdb1.ts).

import { type InfluxDb1Client, StatusError } from './influxdb1-http.ts';
import { linesByTier, requestsOf } from './line-protocol.ts';
import type { Point } from './sink.ts';

export interface Seen {
  readonly client: Pick<InfluxDb1Client, 'series' | 'write'>;
  readonly database: string;
  /** Retention policies. */
  readonly tiers: readonly string[];
  /** Whether the store would take a point of that age. */
  readonly holds: (point: Point) => boolean;
}

interface Removed {
  /** The series that go, as a condition, and one of them by its tags. */
  readonly of: string;
  readonly isOf: (tags: Point['tags']) => boolean;
}

/** Newest points, by measurement and tags. */
type Newest = ReadonlyMap<string, Point>;

/** Of one policy; an installation has some hundred devices, each in up to six measurements of it. */
const seriesMax = 10_000;

/** Removes, and shows again what that hides of others. @throws what the client throws */
export async function removeShowing(
  place: Seen,
  removed: Removed,
  remove: () => Promise<void>,
): Promise<void> {
  const measurements = await measurementsOf(place, removed).catch(unlessUnreadable);
  const before = await newestPoints(place, measurements, removed);
  await remove();
  if (before.size === 0) return;
  const after = await newestPoints(place, measurements, removed);
  const hidden = [...before].flatMap(([key, point]) => (after.has(key) ? [] : [point]));
  for (const [tier, lines] of linesByTier(hidden)) {
    for (const request of requestsOf(lines)) await place.client.write(tier, request.join('\n'));
  }
}

/** A user that may write only does not look; it may remove all the same. */
function unlessUnreadable(error: unknown): readonly string[] {
  if (error instanceof StatusError && error.status === 403) return [];
  throw error;
}

/** Those that hold what is removed: nothing happens to others. */
async function measurementsOf({ client, database }: Seen, { of }: Removed): Promise<readonly string[]> {
  const answers = await client.series(`SHOW MEASUREMENTS ON "${database}" WHERE ${of}`);
  return answers.flatMap(({ rows }) => rows.map(({ name }) => String(name)));
}

/** A series is known again in all policies by a point in one. */
async function newestPoints(
  { client, database, tiers, holds }: Seen,
  measurements: readonly string[],
  { isOf }: Removed,
): Promise<Newest> {
  const newest = new Map<string, Point>();
  if (measurements.length === 0) return newest;
  for (const tier of tiers) {
    const from = measurements.map((name) => `"${database}"."${tier}"."${name.replaceAll('"', '\\"')}"`);
    const last = `GROUP BY * ORDER BY time DESC LIMIT 1 SLIMIT ${seriesMax}`;
    for (const { name, tags, rows } of await client.series(`SELECT * FROM ${from.join(', ')} ${last}`)) {
      const point = pointOf({ tier, measurement: name, tags }, rows[0] ?? {});
      const key = JSON.stringify([name, tags]);
      if (!isOf(tags) && !newest.has(key) && holds(point)) newest.set(key, point);
    }
  }
  return newest;
}

function pointOf(
  where: Pick<Point, 'tier' | 'measurement' | 'tags'>,
  { time, ...values }: { readonly [column: string]: unknown },
): Point {
  const fields = Object.entries(values).flatMap(([field, value]) =>
    typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
      ? [[field, value] as const]
      : [],
  );
  return { ...where, fields: Object.fromEntries(fields), timeMs: Number(time) };
}
