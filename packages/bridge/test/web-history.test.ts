import { describe, expect, onTestFinished, test } from 'vitest';
import { deviceId } from '../src/live/device-id.ts';
import { BusyError } from '../src/queries/thread.ts';
import type { SeriesQuestion } from '../src/web/queries.ts';
import { parseTime } from '../src/web/query.ts';
import { readingOf } from './in-memory-log.ts';
import { noHistory, openWeb } from './open-web.ts';

const roof = 'victron/solar_charger/roof';
const id = deviceId({ topic: roof, agent: 'barn' });

async function open(queries: Partial<typeof noHistory> = {}) {
  const web = await openWeb({ queries: { ...noHistory, ...queries } });
  onTestFinished(() => web.close());
  web.log.store(readingOf(roof, web.clock.nowMs, { pv_power: 1, own_number: 2 }));
  return web;
}

describe('a series', () => {
  test('is asked of history by topic and agent, and answered with kind and unit', async () => {
    const asked: SeriesQuestion[] = [];
    const web = await open({
      series: async (question) => {
        asked.push(question);
        return {
          tier: '2m',
          everySeconds: 120,
          firstMs: 5,
          points: [{ time: 100, mean: 1, min: 0, max: 2 }],
        };
      },
    });
    const { body } = await web.json('/api/series?device=roof&field=pv_power&from=100&to=300&points=7');
    expect(asked).toEqual([
      { series: { topic: roof, agent: 'barn' }, field: 'pv_power', fromMs: 100, toMs: 300, pointsMax: 7 },
    ]);
    expect(body).toEqual({
      device: id,
      field: 'pv_power',
      kind: 'gauge',
      unit: 'W',
      tier: '2m',
      every: 120,
      from: 100,
      to: 300,
      first: 5,
      points: [{ time: 100, mean: 1, min: 0, max: 2 }],
    });
  });
  test('is of the last day unless asked otherwise', async () => {
    const asked: SeriesQuestion[] = [];
    const web = await open({
      series: async (question) => {
        asked.push(question);
        return { tier: 'raw', everySeconds: 0, points: [] };
      },
    });
    await web.json('/api/series?device=roof&field=pv_power');
    expect(asked[0]).toMatchObject({ fromMs: web.clock.nowMs - 86_400_000, toMs: web.clock.nowMs });
  });
  test('of a field without a definition is of the kind of its value', async () => {
    const web = await open();
    const { body } = await web.json('/api/series?device=roof&field=own_number');
    expect(body).toMatchObject({ kind: 'gauge' });
    expect(body).not.toHaveProperty('unit');
  });
  test('of a field without a definition is of the kind that history has, whatever its newest value is', async () => {
    const points = [{ time: 100, last: 'on' }];
    const web = await open({
      series: async () => ({ tier: 'raw', everySeconds: 0, kind: 'state', points }),
    });
    const { body } = await web.json('/api/series?device=roof&field=own_number');
    expect(body).toMatchObject({ kind: 'state', points });
  });
  test.each([
    ['device=roof&field=nothing_such', 404, 'no field "nothing_such"'],
    ['device=cellar&field=pv_power', 404, '"cellar"'],
    ['device=roof', 400, 'field: '],
    ['device=roof&field=pv_power&from=yesterday', 400, 'from: expected ms since 1970, an ISO time'],
    ['device=roof&field=pv_power&from=-1h&to=-2h', 400, 'must be before'],
    ['device=roof&field=pv_power&points=0', 400, 'points: expected a whole number from 1 to 5000, got "0"'],
    ['device=roof&field=pv_power&points=12.5', 400, 'points: expected a whole number'],
    ['device=roof&field=pv_power&pionts=12', 400, 'pionts'],
    ['device=roof&device=shed&field=pv_power', 400, 'device: '],
  ])('asked for with %s is refused with what was expected', async (query, status, words) => {
    const web = await open();
    const answer = await web.json(`/api/series?${query}`);
    expect(answer.status).toBe(status);
    expect(answer.body.error.message).toContain(words);
  });
});

describe('an export', () => {
  test('is streamed as it comes, as a file', async () => {
    const web = await open({
      exportHistory: async function* ({ tier, format }) {
        yield `time,pv_power\n`;
        yield `1,${tier} ${format}\n`;
      },
    });
    const response = await fetch(`${web.url}/api/export?device=roof&from=0&to=10&tier=2m`);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${id}-2m.csv"`);
    expect(await response.text()).toBe('time,pv_power\n1,2m csv\n');
  });
  test('ends at its source when the one who asked is gone, and makes room for the next', async () => {
    const ended: string[] = [];
    const web = await open({
      exportHistory: async function* (_, signal) {
        const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        yield 'first\n';
        await gone;
        ended.push('aborted');
      },
    });
    const leave = new AbortController();
    const ask = () => fetch(`${web.url}/api/export?device=roof`, { signal: leave.signal });
    const running = await Promise.all([ask(), ask(), ask(), ask()]);
    for (const { body } of running) await body?.getReader().read();
    const { status, body } = await web.json('/api/export?device=roof');
    expect([status, body.error.code]).toEqual([503, 'busy']);
    leave.abort();
    await expect.poll(() => ended).toHaveLength(4);
    const again = new AbortController();
    const response = await fetch(`${web.url}/api/export?device=roof`, { signal: again.signal });
    expect(response.status).toBe(200);
    again.abort();
  });
  test('that breaks off is reported, and does not look whole to the one who asked', async () => {
    const failures: unknown[] = [];
    const web = await openWeb({
      queries: {
        ...noHistory,
        exportHistory: async function* () {
          yield 'first\n';
          throw new Error('no disk');
        },
      },
      onFailure: (error) => failures.push(error),
    });
    onTestFinished(() => web.close());
    web.log.store(readingOf(roof, web.clock.nowMs, { pv_power: 1 }));
    const response = await fetch(`${web.url}/api/export?device=roof`);
    await expect(response.text()).rejects.toThrow();
    expect(failures).toEqual([new Error('no disk')]);
  });
  test('given up before its first chunk is no failure', async () => {
    const asked = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const web = await open({
      exportHistory: async function* (_, signal) {
        asked.resolve();
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        ended.resolve();
        signal.throwIfAborted();
        yield '';
      },
    });
    const leave = new AbortController();
    const response = fetch(`${web.url}/api/export?device=roof`, { signal: leave.signal });
    await asked.promise;
    leave.abort();
    await expect(response).rejects.toThrow();
    await ended.promise;
  });
  test('of an unknown tier is refused with the known ones', async () => {
    const web = await open();
    const { status, body } = await web.json('/api/export?device=roof&tier=3m');
    expect(status).toBe(400);
    expect(body.error.message).toContain('"raw"|"2m"|"1d"');
  });
});

test('a question that history cannot answer is a 500 that tells no stranger why, and is reported', async () => {
  const failures: unknown[] = [];
  const web = await openWeb({
    queries: {
      ...noHistory,
      series: async () => {
        throw new Error('secret path');
      },
    },
    onFailure: (error) => failures.push(error),
  });
  onTestFinished(() => web.close());
  web.log.store(readingOf(roof, web.clock.nowMs, { pv_power: 1 }));
  const { status, body } = await web.json('/api/series?device=roof&field=pv_power');
  expect([status, body.error.code]).toEqual([500, 'internal']);
  expect(JSON.stringify(body)).not.toContain('secret');
  expect(failures).toEqual([new Error('secret path')]);
});

test.each(['series?device=roof&field=pv_power', 'export?device=roof'])(
  'a question too many is a 503 in JSON: %s',
  async (path) => {
    const busy = new BusyError('History has 64 questions to answer already.');
    const web = await open({
      series: () => Promise.reject(busy),
      exportHistory: async function* () {
        yield await Promise.reject(busy);
      },
    });
    const response = await fetch(`${web.url}/api/${path}`);
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(response.headers.get('content-disposition')).toBeNull();
    expect(JSON.parse(await response.text()).error).toEqual({ code: 'busy', message: busy.message });
  },
);

test('a time is ms, ISO, now, or a span before now', () => {
  const now = 1_000_000_000_000;
  expect(parseTime('1700000000000', now)).toBe(1_700_000_000_000);
  expect(parseTime('2024-02-29T12:00:00Z', now)).toBe(1_709_208_000_000);
  expect(parseTime('2024-02-29', now)).toBe(1_709_164_800_000);
  expect(parseTime('now', now)).toBe(now);
  expect(parseTime('-90s', now)).toBe(now - 90_000);
  expect(parseTime('-2w', now)).toBe(now - 14 * 86_400_000);
  for (const text of ['', '-', '24h', '-24', '2024-13-01', '1e3', '-99y', '99999999999999999']) {
    expect(parseTime(text, now)).toBeUndefined();
  }
});
