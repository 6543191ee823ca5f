import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createQueries } from '../src/queries/queries.ts';
import { BusyError } from '../src/queries/thread.ts';
import { presets } from '../src/tiers/tier.ts';
import { every, openSite, roof, timeZone } from './queries-site.ts';

const start = '2026-06-01T00:00:00Z';
const fromMs = Date.parse(start);
const question = {
  series: roof,
  field: 'battery_voltage',
  fromMs,
  toMs: fromMs + 86_400_000,
  pointsMax: 100,
};

/** A thread that does what a text of JavaScript says. */
function withThread(code: string) {
  const worker = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const { tiers } = presets.server;
  const queries = createQueries({ file: 'none', tiers, timeZone, worker, now: () => 0 });
  onTestFinished(() => queries.close());
  return queries;
}

describe('the thread of questions', () => {
  test('answers while an export goes on, and the export goes on after it', async () => {
    const site = openSite();
    site.store(every(10, start, 20_000, (i) => ({ battery_voltage: i })));
    const text = { series: roof, fromMs, toMs: site.nowMs, tier: 'raw', format: 'jsonl' } as const;
    const pieces = site.queries.exportHistory(text, new AbortController().signal)[Symbol.asyncIterator]();
    let lines = 0;
    let answers = 0;
    for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) {
      lines += piece.value.split('\n').length - 1;
      const { points } = await site.queries.series(question);
      if (points.length > 0) answers++;
    }
    expect(lines).toBe(20_000);
    expect(answers).toBeGreaterThan(5);
    expect(await site.queries.increase(roof, 'battery_voltage', fromMs, site.nowMs)).toBeNull();
  });

  test('ends an export when its signal aborts', async () => {
    const site = openSite();
    site.store(every(10, start, 20_000, (i) => ({ battery_voltage: i })));
    const stop = new AbortController();
    const text = { series: roof, fromMs, toMs: site.nowMs, tier: 'raw', format: 'csv' } as const;
    const read = async (): Promise<void> => {
      for await (const piece of site.queries.exportHistory(text, stop.signal)) if (piece !== '') stop.abort();
    };
    await expect(read()).rejects.toThrow('abort');
    expect((await site.queries.series(question)).points.length).toBeGreaterThan(0);
  });

  test('is started again after it ended, and says why what was asked has no answer', async () => {
    const queries = withThread(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ id, question }) => {
        if (question.field === 'crash') throw new Error('out of order');
        parentPort.postMessage({ id, json: '{"tier":"raw","everySeconds":0,"points":[]}' });
      });`);
    await expect(queries.series({ ...question, field: 'crash' })).rejects.toThrow('out of order');
    expect(await queries.series(question)).toEqual({ tier: 'raw', everySeconds: 0, points: [] });
  });

  test('is ended when nothing is asked for a while, unless an export goes on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const queries = withThread(`
      import { parentPort, threadId } from 'node:worker_threads';
      const answers = {
        series: { tier: String(threadId), everySeconds: 0, points: [] },
        next: { text: String(threadId), isLast: false },
      };
      parentPort.on('message', ({ id, kind }) => {
        parentPort.postMessage({ id, json: JSON.stringify(answers[kind] ?? null) });
      });`);
    const threadNow = async (): Promise<string> => (await queries.series(question)).tier;
    const first = await threadNow();
    vi.advanceTimersByTime(9_000);
    expect(await threadNow()).toBe(first);
    vi.advanceTimersByTime(9_000);
    expect(await threadNow()).toBe(first);
    const text = { series: roof, fromMs, toMs: fromMs + 1, tier: 'raw', format: 'csv' } as const;
    const pieces = queries.exportHistory(text, new AbortController().signal)[Symbol.asyncIterator]();
    expect((await pieces.next()).value).toBe(first);
    vi.advanceTimersByTime(60_000);
    expect((await pieces.next()).value).toBe(first);
    await pieces.return?.();
    vi.advanceTimersByTime(11_000);
    expect(await threadNow()).not.toBe(first);
  });

  test('gives the words of an error to who asked, and goes on', async () => {
    const site = openSite();
    site.store(every(10, start, 10, (i) => ({ battery_voltage: i })));
    const text = { series: roof, fromMs, toMs: site.nowMs, tier: '3m', format: 'csv' } as const;
    const read = async (): Promise<void> => {
      for await (const _ of site.queries.exportHistory(text, new AbortController().signal));
    };
    await expect(read()).rejects.toThrow('There is no tier "3m"');
    expect((await site.queries.series(question)).points).toHaveLength(10);
  });

  test('takes only so many questions at a time, and leaves none without an answer when it is closed', async () => {
    const queries = withThread(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', () => {});`);
    const asked = Array.from({ length: 64 }, () => queries.series(question).catch(String));
    await expect(queries.series(question)).rejects.toThrow(BusyError);
    await queries.close();
    expect(new Set(await Promise.all(asked)).size).toBe(1);
    await expect(queries.series(question)).rejects.toThrow('closed');
  });

  test('is a file that runs by itself only as a thread', async () => {
    const worker = new Worker(new URL('../src/queries/worker.ts', import.meta.url), {
      workerData: { file: '/nowhere/bridge.db', tiers: [], timeZone },
    });
    const [error] = await once(worker, 'error');
    expect(String(error)).toContain('unable to open database file');
  });
});
