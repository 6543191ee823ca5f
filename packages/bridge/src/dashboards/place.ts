// Where a database keeps the readings and the tiers, as InfluxQL names it.

import { everySeconds, type Retention, tierName } from '../tiers/tier.ts';

export interface Place {
  readonly type: 'influxdb1' | 'influxdb2';
  readonly url: string;
  /** Of version 1; in version 2 the bucket of the raw readings. */
  readonly database: string;
  readonly retention: Retention;
}

/** The raw readings, or a tier. */
export interface Source {
  /** `raw`, `2m`, … */
  readonly tier: string;
  /** Seconds; 0: as they came. */
  readonly every: number;
  readonly keepMs: number | null;
  /** What stands before the dot and the measurement. */
  readonly prefix: string;
  /** What stands behind ON. */
  readonly database: string;
}

/** The finest first. */
export function sourcesOf({ type, database, retention: { rawMs, tiers } }: Place): readonly Source[] {
  const source = (tier: string, every: number, keepMs: number | null): Source => {
    if (type === 'influxdb1')
      return {
        tier,
        every,
        keepMs,
        database: quoted(database),
        prefix: `${quoted(database)}.${quoted(tier)}`,
      };
    const bucket = quoted(tier === 'raw' ? database : `${database}_${tier}`);
    // Version 2 answers to the name of a bucket as to a database with this one policy.
    return { tier, every, keepMs, database: bucket, prefix: `${bucket}."autogen"` };
  };
  const coarser = tiers.map(({ every, keepMs }) => source(tierName(every), everySeconds(every), keepMs));
  return [source('raw', 0, rawMs), ...coarser.toSorted((a, b) => a.every - b.every)];
}

export const quoted = (name: string): string => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
