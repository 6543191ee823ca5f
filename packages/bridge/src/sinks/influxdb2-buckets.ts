// The buckets of an InfluxDB sink: found, or made with the configured retention where the token allows it.

import { HttpError, type InfluxDB } from '@influxdata/influxdb-client';
import { type Bucket, BucketsAPI, OrgsAPI } from '@influxdata/influxdb-client-apis';
import { UnavailableError } from './sink.ts';

/** A tier, or `raw`, and how long the store shall hold it; `null`: for ever. */
export interface TierBucket {
  readonly tier: string;
  readonly keepMs: number | null;
}

interface Buckets {
  /** Looks, and makes what is missing; does nothing once it has. @throws UnavailableError when the store is not there. */
  prepare(): Promise<void>;
  /** The next `prepare` looks again: something is missing after all, or the store is another one. */
  lookAgain(): void;
  /** How long the bucket of a tier holds points. */
  keepMs(tier: string): number | null;
  /** Buckets that `prepare` would make. */
  missing(): Promise<readonly string[]>;
}

export interface Place {
  readonly url: string;
  readonly org: string;
  /** Of the raw points; those of the tiers are named after it. */
  readonly bucket: string;
  readonly tiers: readonly TierBucket[];
  /** Whether missing buckets are made. */
  readonly createsBuckets: boolean;
}

export const bucketName = (bucket: string, tier: string): string =>
  tier === 'raw' ? bucket : `${bucket}_${tier}`;

export function createBuckets(client: InfluxDB, place: Place): Buckets {
  const api = new BucketsAPI(client);
  const kept = new Map(place.tiers.map(({ tier, keepMs }) => [tier, keepMs]));
  let prepared = false;

  const look = async (): Promise<readonly Found[]> =>
    Promise.all(place.tiers.map(async (tier) => ({ tier, bucket: await find(api, place, tier) })));

  const prepare = async (): Promise<void> => {
    const found = await look();
    for (const { tier, bucket } of found) if (bucket) kept.set(tier.tier, retentionOf(bucket));
    const missing = found.filter(({ bucket }) => bucket === undefined);
    if (missing.length === 0 || !place.createsBuckets) return;
    const orgID = found.find(({ bucket }) => bucket?.orgID)?.bucket?.orgID ?? (await findOrg(client, place));
    if (orgID === undefined) return;
    for (const { tier } of missing) {
      const name = bucketName(place.bucket, tier.tier);
      const everySeconds = tier.keepMs === null ? 0 : Math.ceil(tier.keepMs / 1_000);
      await api.postBuckets({ body: { orgID, name, retentionRules: [{ type: 'expire', everySeconds }] } });
      kept.set(tier.tier, tier.keepMs);
    }
  };

  return {
    prepare: async () => {
      if (prepared) return;
      await prepare().catch((error: unknown) => explain(error, place));
      prepared = true;
    },
    lookAgain: () => {
      prepared = false;
    },
    keepMs: (tier) => kept.get(tier) ?? null,
    missing: async () => {
      const found = await look().catch((error: unknown) => {
        throw unreachable(place.url, error);
      });
      return found.flatMap(({ tier, bucket }) => (bucket ? [] : [bucketName(place.bucket, tier.tier)]));
    },
  };
}

interface Found {
  readonly tier: TierBucket;
  readonly bucket: Bucket | undefined;
}

async function find(
  api: BucketsAPI,
  { org, bucket }: Place,
  { tier }: TierBucket,
): Promise<Bucket | undefined> {
  const name = bucketName(bucket, tier);
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

const retentionOf = ({ retentionRules: [rule] }: Bucket): number | null =>
  rule === undefined || rule.everySeconds === 0 ? null : rule.everySeconds * 1_000;

/** A token that may only write is no failure: where a bucket is missing, the write tells. */
function explain(error: unknown, { url }: Place): void {
  if (error instanceof HttpError && [401, 403, 404].includes(error.statusCode)) return;
  throw unreachable(url, error);
}

export function unreachable(url: string, error: unknown): UnavailableError {
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new UnavailableError(`InfluxDB at ${url} is not reached: ${reason}.`);
}
