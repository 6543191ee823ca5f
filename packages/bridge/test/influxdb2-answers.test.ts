import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createInfluxDb2Sink } from '../src/sinks/influxdb2.ts';
import { type Point, RefusedError, UnavailableError } from '../src/sinks/sink.ts';
import { noMemory } from './sinks-rig.ts';

const pointOf = (n: number): Point => ({
  tier: 'raw',
  measurement: 'battery',
  tags: { device: 'shunt' },
  fields: { battery_voltage: 12 },
  timeMs: n,
});

type Answer = (response: ServerResponse, write: number) => void;

/** A server that has every bucket and answers writes as the test says. */
async function answering(answer: Answer) {
  const writes: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const name = new URL(request.url ?? '', 'http://x').searchParams.get('name');
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ buckets: [{ id: '1', orgID: '2', name, retentionRules: [] }] }));
      return;
    }
    writes.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString());
    answer(response, writes.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const sink = createInfluxDb2Sink({
    url: `http://127.0.0.1:${port}`,
    org: 'home',
    bucket: 'wattline',
    token: 'secret-token',
    tiers: [{ tier: 'raw', keepMs: null }],
    createsMissing: true,
    memory: noMemory(),
    report: () => {},
  });
  onTestFinished(async () => {
    await sink.close();
    server.closeAllConnections();
    server.close();
  });
  await sink.prepare?.();
  return { sink, writes };
}

const failureOf = (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const status =
  (code: number, headers: { [name: string]: string } = {}, message = 'words'): Answer =>
  (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(code === 204 ? undefined : JSON.stringify({ code: 'x', message }));
  };

describe('an answer to a write', () => {
  test.each([
    [503, UnavailableError],
    [500, UnavailableError],
    [429, UnavailableError],
    [404, UnavailableError],
    [401, UnavailableError],
    [403, UnavailableError],
    [302, UnavailableError],
    [200, UnavailableError],
    [400, RefusedError],
    [413, RefusedError],
    [422, RefusedError],
  ])('of %i leaves the points ours, and each is sent once only', async (code, kind) => {
    const { sink, writes } = await answering(status(code));
    expect(await failureOf(sink.write([pointOf(1), pointOf(2)]))).toBeInstanceOf(kind);
    expect(writes).toEqual([
      'battery,device=shunt battery_voltage=12 1\nbattery,device=shunt battery_voltage=12 2',
    ]);
  });
  test('of 204 is the only one that counts as stored', async () => {
    const { sink } = await answering(status(204));
    expect(await failureOf(sink.write([pointOf(1)]))).toBeUndefined();
  });
  test('that names a time to wait is waited for in seconds', async () => {
    const { sink } = await answering(status(429, { 'retry-after': '7' }));
    expect(await failureOf(sink.write([pointOf(1)]))).toMatchObject({ retryAfterMs: 7_000 });
  });
  test('that never comes whole leaves the points ours', async () => {
    const { sink } = await answering((response) => response.destroy());
    expect(await failureOf(sink.write([pointOf(1)]))).toBeInstanceOf(UnavailableError);
  });
  test('that is still awaited when the sink closes is given up at once', async () => {
    const asked = Promise.withResolvers<void>();
    const { sink } = await answering(() => asked.resolve());
    const failure = failureOf(sink.write([pointOf(1)]));
    await asked.promise;
    const closedMs = performance.now();
    await sink.close();
    expect(await failure).toBeInstanceOf(UnavailableError);
    expect(performance.now() - closedMs).toBeLessThan(1_000);
  });
  test('never shows the token in its words', async () => {
    for (const answer of [status(401), status(500)]) {
      const { sink } = await answering(answer);
      expect(String(await failureOf(sink.write([pointOf(1)])))).not.toContain('secret-token');
    }
  });
});

test('many points go in several requests, each confirmed before the next', async () => {
  const { sink, writes } = await answering((response, write) =>
    status(write === 2 ? 503 : 204)(response, write),
  );
  const points = Array.from({ length: 12_000 }, (_, n) => pointOf(n));
  expect(await failureOf(sink.write(points))).toBeInstanceOf(UnavailableError);
  expect(writes.map((body) => body.split('\n').length)).toEqual([5_000, 5_000]);
  expect(await failureOf(sink.write(points))).toBeUndefined();
  expect(writes.slice(2).flatMap((body) => body.split('\n'))).toHaveLength(12_000);
});

test('large points go in requests of a few megabytes', async () => {
  const { sink, writes } = await answering(status(204));
  const heavy = { ...pointOf(1), fields: { text: 'x'.repeat(3_000_000) } };
  await sink.write([heavy, heavy, pointOf(2)]);
  expect(writes.map((body) => body.length > 1_000)).toEqual([true, true]);
});
