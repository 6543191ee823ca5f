// The databases of a campaign, each behind a link of its own, and what is in them.

import { influxd, startInfluxd } from '../../packages/bridge/test/influxd.ts';
import { influxd1, startInfluxd1 } from '../../packages/bridge/test/influxd1.ts';
import { type Link, openLink } from './link.ts';

/** Times and values of a field by device. */
export type Columns = ReadonlyMap<string, readonly (readonly [timeMs: number, value: unknown])[]>;

export interface Database {
  readonly name: string;
  readonly link: Link;
  /** The sink as an entry of bridge.yml. */
  readonly entry: string;
  /** SIGKILL; resolves when it answers again. */
  kill(): Promise<void>;
  select(tier: string, measurement: string, field: string): Promise<Columns>;
  close(): Promise<void>;
}

const bucket = 'wattline';

/** Those that are installed. */
export async function startDatabases(): Promise<readonly Database[]> {
  const databases: Database[] = [];
  if (influxd !== undefined) databases.push(await openInflux2(influxd));
  if (influxd1 !== undefined) databases.push(await openInflux1(influxd1));
  return databases;
}

async function openInflux2(program: string): Promise<Database> {
  const influx = await startInfluxd(program);
  const link = await openLink(Number(new URL(influx.url).port), 'all');
  const where = `url: "http://127.0.0.1:${link.port}", org: ${influx.org}, token: ${influx.token}`;
  return {
    ...{ name: 'influxdb2', link },
    entry: `{ name: influxdb2, type: influxdb2, ${where}, bucket: ${bucket} }`,
    kill: async () => {
      await influx.stop('SIGKILL');
      await influx.start();
    },
    select: (tier, measurement, field) =>
      select(influx.url, `Token ${influx.token}`, {
        db: tier === 'raw' ? bucket : `${bucket}_${tier}`,
        q: `SELECT "${field}" FROM "${measurement}" GROUP BY "device"`,
      }),
    close: () => {
      link.close();
      return influx.end();
    },
  };
}

async function openInflux1(program: string): Promise<Database> {
  const influx = await startInfluxd1(program);
  const link = await openLink(Number(new URL(influx.url).port), 'all');
  return {
    ...{ name: 'influxdb1', link },
    entry: `{ name: influxdb1, type: influxdb1, url: "http://127.0.0.1:${link.port}", database: ${bucket} }`,
    kill: async () => {
      await influx.stop('SIGKILL');
      await influx.start();
    },
    select: (tier, measurement, field) =>
      select(influx.url, '', {
        db: bucket,
        q: `SELECT "${field}" FROM "${bucket}"."${tier}"."${measurement}" GROUP BY "device"`,
      }),
    close: () => {
      link.close();
      return influx.end();
    },
  };
}

interface Answer {
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly tags: { readonly device: string };
      readonly values: readonly (readonly [number, unknown])[];
    }[];
  }[];
  readonly error?: string;
}

async function select(
  url: string,
  authorization: string,
  question: { readonly db: string; readonly q: string },
): Promise<Columns> {
  const response = await fetch(`${url}/query?${new URLSearchParams({ ...question, epoch: 'ms' })}`, {
    headers: authorization === '' ? {} : { authorization },
  });
  const answer: Answer = JSON.parse(await response.text());
  const error = answer.error ?? answer.results?.[0]?.error;
  if (error !== undefined) throw new Error(`${question.q} in ${question.db}: ${error}`);
  return new Map(answer.results?.[0]?.series?.map(({ tags, values }) => [tags.device, values]));
}
