// The HTTP interface of InfluxDB 1: /write and /query.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import * as z from 'zod';
import { unreachable } from './influxdb2-buckets.ts';
import type { UnavailableError } from './sink.ts';

export interface InfluxDb1Place {
  readonly url: string;
  readonly database: string;
  readonly username?: string;
  readonly password?: string;
}

/** A whole answer that is no consent, with the store's own words. */
export class StatusError extends Error {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  constructor(status: number, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export type InfluxDb1Row = { readonly [column: string]: unknown };

export interface InfluxDb1Series {
  readonly name: string;
  /** A tag that the series does not have is empty. */
  readonly tags: { readonly [tag: string]: string };
  readonly rows: readonly InfluxDb1Row[];
}

export interface InfluxDb1Client {
  /** Lines into a retention policy. @throws StatusError, or what the network throws */
  write(policy: string, lines: string): Promise<void>;
  /** Of statements that name no database, about this one. @throws StatusError, or what the network throws */
  tell(statement: string): Promise<void>;
  /** Rows of the first series of an answer. @throws StatusError, or what the network throws */
  query(statement: string): Promise<readonly InfluxDb1Row[]>;
  /** Every series of an answer, times in ms. @throws StatusError, or what the network throws */
  series(statement: string): Promise<readonly InfluxDb1Series[]>;
  unreachable(error: unknown): UnavailableError;
  close(): void;
}

const timeoutMs = 10_000;
const gzipBytesMin = 1_000;
const answerLengthMax = 1_000;
const compress = promisify(gzip);

const seriesShape = z.object({
  name: z.string().default(''),
  tags: z.record(z.string(), z.string()).default({}),
  columns: z.array(z.string()),
  values: z.array(z.array(z.unknown())).optional(),
});
const answerShape = z.object({
  error: z.string().optional(),
  results: z
    .array(z.object({ error: z.string().optional(), series: z.array(seriesShape).optional() }))
    .optional(),
});

export function createInfluxDb1Client({
  url,
  database,
  username,
  password,
}: InfluxDb1Place): InfluxDb1Client {
  const closed = new AbortController();
  const credentials = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
  const authorization = username === undefined ? {} : { authorization: `Basic ${credentials}` };

  const post = async (
    path: string,
    parameters: { [name: string]: string },
    body: Buffer | string,
    headers = {},
  ) => {
    const response = await fetch(`${url}${path}?${new URLSearchParams(parameters)}`, {
      method: 'POST',
      headers: { ...authorization, ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
      redirect: 'manual',
      signal: AbortSignal.any([closed.signal, AbortSignal.timeout(timeoutMs)]),
    });
    return { response, text: await response.text() };
  };

  const ask = async (statement: string, parameters: { [name: string]: string }) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ q: statement }).toString();
    const { response, text } = await post('/query', parameters, body, form);
    if (response.status !== 200) throw new StatusError(response.status, wordsOf(text));
    const { results: [result] = [] } = answerShape.parse(JSON.parse(text));
    if (result?.error !== undefined) throw new StatusError(response.status, result.error);
    return result;
  };

  return {
    tell: async (statement) => {
      await ask(statement, { db: database });
    },
    write: async (policy, lines) => {
      const isLong = lines.length >= gzipBytesMin;
      const { response, text } = await post(
        '/write',
        { db: database, rp: policy, precision: 'ms' },
        isLong ? await compress(lines) : lines,
        isLong ? { 'content-encoding': 'gzip' } : {},
      );
      if (response.status === 204) return;
      const retryAfterSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      const retryAfterMs = retryAfterSeconds > 0 ? retryAfterSeconds * 1_000 : undefined;
      throw new StatusError(response.status, wordsOf(text), retryAfterMs);
    },
    query: async (statement) => {
      const [series] = (await ask(statement, {}))?.series ?? [];
      return series === undefined ? [] : rowsOf(series);
    },
    series: async (statement) =>
      ((await ask(statement, { epoch: 'ms' }))?.series ?? []).map((found) => ({
        ...{ name: found.name, tags: found.tags, rows: rowsOf(found) },
      })),
    unreachable: (error) => unreachable(url, error instanceof Error && error.cause ? error.cause : error),
    close: () => closed.abort(),
  };
}

const rowsOf = ({ columns, values = [] }: z.infer<typeof seriesShape>): readonly InfluxDb1Row[] =>
  values.map((row) => Object.fromEntries(row.map((value, index) => [columns[index] ?? '', value])));

/** The store's own words in an answer, whatever its form. */
function wordsOf(text: string): string {
  try {
    return answerShape.parse(JSON.parse(text)).error ?? text.slice(0, answerLengthMax);
  } catch {
    return text.slice(0, answerLengthMax).trim() || 'no words';
  }
}
