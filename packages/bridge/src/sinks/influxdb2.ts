// InfluxDB 2. Its client makes buckets; writes are requests of our own, confirmed before they count, and repeated by us.
// A raw bucket, and one bucket for each tier named after it: wattline, wattline_2m, …
// Answers to writes: 400 nothing stored; 422 the rest stored; 404 no such bucket; 401, 403 the token; 429, 5xx later.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { HttpError, InfluxDB, setLogger } from '@influxdata/influxdb-client';
import { DeleteAPI } from '@influxdata/influxdb-client-apis';
import { isLoopback } from '@wattline/program';
import { answered, bucketName, createBuckets, type Place, unreachable } from './influxdb2-buckets.ts';
import { lineOf, linesByTier, nameOf, requestsOf, retentionMarginMs } from './line-protocol.ts';
import { type Answer, post } from './post.ts';
import { type Point, RefusedError, type Sink, UnavailableError } from './sink.ts';

export interface InfluxDb2Options extends Place {
  readonly token: string;
}

const timeoutMs = 10_000;
const gzipBytesMin = 1_000;
/** The quickest: lines squeeze well enough by it. */
const gzipLevel = 1;
const squeeze = promisify(gzip);
/** The only answer that says that every point is stored. */
const stored = 204;

// Failures are told once and in our words.
setLogger({ error: () => {}, warn: () => {} });

export function createInfluxDb2Sink(options: InfluxDb2Options): Sink {
  const closed = new AbortController();
  const client = new InfluxDB({
    url: options.url,
    token: options.token,
    timeout: timeoutMs,
    transportOptions: { signal: closed.signal },
  });
  const buckets = createBuckets(client, options);
  const base = options.url.replace(/\/+$/, '');
  const headers = {
    authorization: `Token ${options.token}`,
    'content-type': 'text/plain; charset=utf-8',
    accept: 'application/json',
  };

  // To this machine, squeezing costs more than it saves.
  const isNear = isLoopback(new URL(options.url).hostname);
  const writeText = async (tier: string, text: Uint8Array): Promise<void> => {
    const bucket = bucketName(options.bucket, tier);
    try {
      const isLong = !isNear && text.byteLength >= gzipBytesMin;
      const answer = await post({
        url: `${base}/api/v2/write?${new URLSearchParams({ org: options.org, bucket, precision: 'ms' })}`,
        headers: isLong ? { ...headers, 'content-encoding': 'gzip' } : headers,
        body: isLong ? await squeeze(text, { level: gzipLevel }) : text,
        timeoutMs,
        signal: closed.signal,
      });
      if (answer.status !== stored) throw httpError(answer);
    } catch (error) {
      const explained = explain(error, bucket, options);
      if (explained instanceof UnavailableError) buckets.lookAgain();
      throw explained;
    }
  };

  return {
    write: async (points) => {
      for (const [tier, lines] of linesByTier(points)) {
        for (const request of requestsOf(lines)) await writeText(tier, Buffer.from(request.join('\n')));
      }
    },
    text: { encode: lineOf, write: writeText },
    prepare: () => buckets.prepare(),
    holds: ({ tier, timeMs }, nowMs) => {
      const keepMs = buckets.keepMs(tier);
      return keepMs === null || timeMs > nowMs - keepMs + retentionMarginMs;
    },
    mergesFields: true,
    plan: () => buckets.plan(),
    remove: async (removals) => {
      for (const { tier, tags, fromMs, toMs = timeMsMax } of removals) {
        const bucket = bucketName(options.bucket, tier);
        const body = { start: timeText(fromMs), stop: timeText(toMs), predicate: predicateOf(tags) };
        await new DeleteAPI(client)
          .postDelete({ org: options.org, bucket, body })
          .catch((error: unknown) => Promise.reject(explain(error, bucket, options)));
      }
    },
    close: async () => closed.abort(),
  };
}

/** The store's own end of time, a little before the year 2262. */
const timeMsMax = Math.floor(2 ** 63 / 1e6) - 1_000;
const timeText = (timeMs: number): string => new Date(timeMs).toISOString();

/** @throws RefusedError: a predicate cannot say that a tag is not there, and would take other agents' points along */
function predicateOf(tags: Point['tags']): string {
  if (tags['agent'] === undefined) {
    throw new RefusedError('InfluxDB 2 cannot remove points without an agent and leave those of agents');
  }
  return Object.entries(tags)
    .map(([tag, value]) => `${tag}="${nameOf(value).replaceAll('"', '\\"')}"`)
    .join(' AND ');
}

/** As the client would say it. */
const httpError = ({ status, words, text, retryAfter, contentType }: Answer): HttpError =>
  new HttpError(status, words, text, retryAfter, contentType);

const refusedStatuses = [400, 413, 422];

function explain(error: unknown, bucket: string, place: Place): Error {
  const { url, org } = place;
  if (!(error instanceof HttpError)) return unreachable(url, error);
  const { statusCode, message } = error;
  if (refusedStatuses.includes(statusCode)) return new RefusedError(message);
  if (statusCode === 404) {
    const todo = 'Create it, or give the token the right to create buckets.';
    return new UnavailableError(
      `InfluxDB has no bucket "${bucket}" in organisation "${org}". ${todo} (${message})`,
    );
  }
  return answered(error, place, `may write to bucket "${bucket}"`);
}
