import { expect, onTestFinished, test } from 'vitest';
import { alarmSchema, openAlarmHistory } from '../src/live/alarm-history.ts';
import { followLog } from '../src/live/live.ts';
import { createQueries } from '../src/queries/queries.ts';
import { createLocalDays } from '../src/tiers/local-days.ts';
import { tierSchema } from '../src/tiers/schema.ts';
import { presets } from '../src/tiers/tier.ts';
import { createTiers } from '../src/tiers/tiers.ts';
import { openWeb } from './open-web.ts';
import { reading, scratchLog } from './scratch-log.ts';

const { tiers, rawMs } = presets.server;
const timeZone = 'Europe/Rome';
const topic = 'victron/solar_charger/roof';
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Midnight of the site. */
const midnightMs = Date.parse('2026-06-09T00:00:00+02:00');
const yearAgoMs = Date.parse('2025-06-09T00:00:00+02:00');
const nowMs = midnightMs + 12 * hourMs;

/** The whole way, from messages in the log to answers over HTTP. */
async function openBridge() {
  const scratch = scratchLog({ rawMs }, [tierSchema, alarmSchema]);
  const { log, store } = scratch;
  const days = createLocalDays(timeZone);
  const clock = (): number => nowMs;
  const report = (text: string): never => {
    throw new Error(text);
  };
  const merged = createTiers({ store, log, tiers, days, rawMs, now: clock, clockSynced: () => true, report });
  const worker = new URL('../src/queries/worker.ts', import.meta.url);
  const queries = createQueries({ file: store.file, tiers, timeZone, worker, now: clock });
  const history = openAlarmHistory(store);
  const live = followLog({ log, history, clock, onAlarmFailure: (error) => report(String(error)) });
  const web = await openWeb({ log, live, history, queries, days, clock });
  onTestFinished(async () => {
    await web.close();
    await queries.close();
    scratch.remove();
  });
  return { ...web, log, merged };
}

test('what came in as messages is answered as devices, series, site and export', async () => {
  const { log, merged, json, url } = await openBridge();
  let sequence = 0;
  const send = (timeMs: number, values: object): void => {
    const meta = { _timestamp: timeMs, _interval: 600 };
    log.append([reading(sequence++, { topic, values, meta, receivedMs: timeMs + 500 })]);
  };
  // 800 Wh on this day last year, 900 Wh today until noon.
  for (let hour = 0; hour <= 8; hour++)
    send(yearAgoMs + (6 + hour) * hourMs, { pv_energy_today: 100 * hour });
  for (let n = 0; n <= 36; n++) {
    send(midnightMs + 6 * hourMs + n * 10 * minuteMs, { pv_power: 100 + n, pv_energy_today: 25 * n });
  }
  merged.flush();

  const { body: roof } = await json('/api/devices/roof');
  expect(roof).toMatchObject({
    state: 'fresh',
    time: nowMs,
    interval: 600,
    values: { pv_power: { value: 136 } },
  });
  const { body: site } = await json('/api/site');
  expect(site).toMatchObject({ energy_today: 900, energy_same_day_last_year: 800 });
  expect(site.watts[0]).toMatchObject({ node: 'sun', value: 136, devices: [roof.id] });

  const fine = await json(
    `/api/series?device=roof&field=pv_power&from=${nowMs - hourMs}&to=${nowMs + 1}&points=100`,
  );
  expect(fine.body).toMatchObject({
    tier: 'raw',
    every: 0,
    kind: 'gauge',
    unit: 'W',
    first: yearAgoMs + 6 * hourMs,
  });
  expect(fine.body.points.map(({ mean, last }: { mean?: number; last?: number }) => mean ?? last)).toEqual([
    130, 131, 132, 133, 134, 135, 136,
  ]);
  const coarse = await json('/api/series?device=roof&field=pv_power&from=-2y&points=10');
  expect(['30m', '2h', '1d']).toContain(coarse.body.tier);
  expect(coarse.body.points.length).toBeGreaterThan(0);
  expect(coarse.body.points.length).toBeLessThanOrEqual(10);

  const lines = async (query: string): Promise<readonly string[]> =>
    (await (await fetch(`${url}/api/export?device=roof&${query}`)).text()).trimEnd().split('\n');
  const readings = await lines(`format=jsonl&from=${midnightMs}&to=${nowMs + 1}`);
  expect(readings).toHaveLength(37);
  expect(JSON.parse(readings.at(-1) ?? '')).toMatchObject({ pv_power: 136, pv_energy_today: 900 });
  expect((await lines('tier=2h&from=-2y')).length).toBeGreaterThan(3);
});
