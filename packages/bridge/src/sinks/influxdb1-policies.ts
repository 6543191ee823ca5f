// The database of an InfluxDB 1 sink and its retention policies: `raw`, and one a tier with the tier's name.

import { parseDuration } from '@wattline/program';
import { type InfluxDb1Client, type InfluxDb1Place, StatusError } from './influxdb1-http.ts';
import { createKeeper, type Keeper, type Keeping } from './keep-in-step.ts';
import { shardSeconds } from './retention.ts';
import { UnavailableError } from './sink.ts';

interface Place extends Keeping {
  readonly url: string;
  readonly database: string;
}

export function createPolicies(client: InfluxDb1Client, place: Place): Keeper {
  const { url, database } = place;
  const on = `ON ${quoted(database)}`;
  let hasDatabase = false;

  return createKeeper(place, {
    noun: 'Retention policy',
    nameOf: (tier) => `${quoted(database)}.${quoted(tier)}`,
    placeOf: (tier) => `${url} ${database}.${tier}`,
    look: async (tiers) => {
      const rows = await policiesOf(client, database);
      hasDatabase = rows !== undefined;
      return new Map(
        (rows ?? []).flatMap(({ name, duration }) =>
          tiers.includes(String(name)) ? [[String(name), keptMs(String(duration))]] : [],
        ),
      );
    },
    make: async ({ tier, keepMs }) => {
      const terms = `DURATION ${durationOf(keepMs)} REPLICATION 1 SHARD DURATION ${shardSeconds(keepMs)}s`;
      // A database that is made here has no other policy, and this one is what queries without a policy ask.
      if (hasDatabase) await client.query(`CREATE RETENTION POLICY ${quoted(tier)} ${on} ${terms}`);
      else await client.query(`CREATE DATABASE ${quoted(database)} WITH ${terms} NAME ${quoted(tier)}`);
      hasDatabase = true;
      return true;
    },
    change: async ({ tier, keepMs }) => {
      const terms = `DURATION ${durationOf(keepMs)} SHARD DURATION ${shardSeconds(keepMs)}s`;
      await client.query(`ALTER RETENTION POLICY ${quoted(tier)} ${on} ${terms}`);
    },
    isForbidden: (error) => error instanceof StatusError && [401, 403].includes(error.status),
    explain: (error) =>
      error instanceof StatusError ? answered(error, { url, database }) : client.unreachable(error),
  });
}

/** An answer that is not about the points. */
export function answered(
  { status, message, retryAfterMs }: StatusError,
  { url, database }: Pick<InfluxDb1Place, 'url' | 'database'>,
): UnavailableError {
  if (status === 401 || status === 403) {
    const todo = `Give the sink a user that may write to database "${database}".`;
    return new UnavailableError(`InfluxDB does not accept the user. ${todo} (${message})`);
  }
  return new UnavailableError(`InfluxDB at ${url} answers ${status}: ${message}`, retryAfterMs);
}

/** `undefined`: there is no such database. */
async function policiesOf(client: InfluxDb1Client, database: string) {
  try {
    return await client.query(`SHOW RETENTION POLICIES ON ${quoted(database)}`);
  } catch (error) {
    if (error instanceof StatusError && error.message.startsWith('database not found')) return undefined;
    throw error;
  }
}

const durationOf = (keepMs: number | null): string => (keepMs === null ? 'INF' : `${keepMs / 1_000}s`);

/** Of `168h0m0s`; `0s` is for ever. */
function keptMs(written: string): number | null {
  const parts = written.match(/\d+[hms]/g) ?? [];
  return parts.reduce((sum, part) => sum + (parseDuration(part) ?? 0), 0) || null;
}

/** An identifier of InfluxQL. */
const quoted = (name: string): string =>
  `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
