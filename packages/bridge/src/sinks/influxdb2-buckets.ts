// The buckets of an InfluxDB 2 sink: one of the raw points, and one a tier named after it.

import { HttpError, type InfluxDB } from '@influxdata/influxdb-client';
import { type Bucket, BucketsAPI, OrgsAPI } from '@influxdata/influxdb-client-apis';
import { createKeeper, type Keeper, type Keeping } from './keep-in-step.ts';
import { shardSeconds } from './retention.ts';
import { UnavailableError } from './sink.ts';

export interface Place extends Keeping {
  readonly url: string;
  readonly org: string;
  /** Of the raw points; those of the tiers are named after it. */
  readonly bucket: string;
}

export const bucketName = (bucket: string, tier: string): string =>
  tier === 'raw' ? bucket : `${bucket}_${tier}`;

export function createBuckets(client: InfluxDB, place: Place): Keeper {
  const api = new BucketsAPI(client);
  const nameOf = (tier: string): string => bucketName(place.bucket, tier);
  const found = new Map<string, Bucket>();
  const orgId = async (): Promise<string | undefined> =>
    [...found.values()].find((bucket) => bucket.orgID)?.orgID ?? (await findOrg(client, place));

  return createKeeper(place, {
    noun: 'Bucket',
    nameOf,
    placeOf: (tier) => `${place.url} ${place.org} ${place.bucket}:${tier}`,
    look: async (tiers) => {
      found.clear();
      await Promise.all(
        tiers.map(async (tier) => {
          const bucket = await find(api, place.org, nameOf(tier));
          if (bucket !== undefined) found.set(tier, bucket);
        }),
      );
      return new Map([...found].map(([tier, bucket]) => [tier, retentionOf(bucket)]));
    },
    obstacle: async () => {
      if ((await orgId()) !== undefined) return undefined;
      return `InfluxDB at ${place.url} has no organisation "${place.org}" that this token may see. Mend org, or give the sink a token of that organisation.`;
    },
    make: async ({ tier, keepMs }) => {
      const orgID = await orgId();
      if (orgID === undefined) return false;
      const body = { orgID, name: nameOf(tier), retentionRules: rulesOf(keepMs) };
      found.set(tier, await api.postBuckets({ body }));
      return true;
    },
    change: async ({ tier, keepMs }) => {
      const bucketID = found.get(tier)?.id ?? '';
      await api.patchBucketsID({ bucketID, body: { retentionRules: rulesOf(keepMs) } });
    },
    isForbidden: (error) => error instanceof HttpError && [401, 403, 404].includes(error.statusCode),
    explain: (error) =>
      error instanceof HttpError
        ? answered(error, place, 'may read and write the buckets of this sink')
        : unreachable(place.url, error),
  });
}

const isMissing = (error: unknown): boolean => error instanceof HttpError && error.statusCode === 404;

async function find(api: BucketsAPI, org: string, name: string): Promise<Bucket | undefined> {
  try {
    const { buckets = [] } = await api.getBuckets({ org, name });
    return buckets.find((each) => each.name === name);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** `undefined`: there is none of that name, or the token may not see it. */
async function findOrg(client: InfluxDB, { org }: Place): Promise<string | undefined> {
  try {
    const { orgs = [] } = await new OrgsAPI(client).getOrgs({ org });
    return orgs.find(({ name }) => name === org)?.id;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const rulesOf = (keepMs: number | null): Bucket['retentionRules'] => [
  {
    type: 'expire',
    everySeconds: keepMs === null ? 0 : keepMs / 1_000,
    shardGroupDurationSeconds: shardSeconds(keepMs),
  },
];

const retentionOf = ({ retentionRules: [rule] }: Bucket): number | null =>
  rule === undefined || rule.everySeconds === 0 ? null : rule.everySeconds * 1_000;

/** An answer that is not about the points. `mayDo`: what the token must allow. */
export function answered(error: HttpError, { url }: Pick<Place, 'url'>, mayDo: string): UnavailableError {
  const { statusCode, message } = error;
  if (statusCode === 401 || statusCode === 403) {
    const todo = `Give the sink a token that ${mayDo}.`;
    return new UnavailableError(`InfluxDB does not accept the token. ${todo} (${message})`);
  }
  // The header says seconds; the client hands its number on.
  const retryAfterMs = error.retryAfter() * 1_000;
  return new UnavailableError(
    `InfluxDB at ${url} answers ${statusCode}: ${message}`,
    retryAfterMs || undefined,
  );
}

export function unreachable(url: string, error: unknown): UnavailableError {
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new UnavailableError(`InfluxDB at ${url} is not reached: ${reason}.`);
}
