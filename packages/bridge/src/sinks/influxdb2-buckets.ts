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
    make: async ({ tier, keepMs }) => {
      const orgID =
        [...found.values()].find((bucket) => bucket.orgID)?.orgID ?? (await findOrg(client, place));
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
    explain: (error) => unreachable(place.url, error),
  });
}

async function find(api: BucketsAPI, org: string, name: string): Promise<Bucket | undefined> {
  try {
    const { buckets = [] } = await api.getBuckets({ org, name });
    return buckets.find((each) => each.name === name);
  } catch (error) {
    if (error instanceof HttpError && error.statusCode === 404) return undefined;
    throw error;
  }
}

/** `undefined`: there is none of that name, or the token may not see it. */
async function findOrg(client: InfluxDB, { org }: Place): Promise<string | undefined> {
  const { orgs = [] } = await new OrgsAPI(client).getOrgs({ org });
  return orgs.find(({ name }) => name === org)?.id;
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

export function unreachable(url: string, error: unknown): UnavailableError {
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new UnavailableError(`InfluxDB at ${url} is not reached: ${reason}.`);
}
