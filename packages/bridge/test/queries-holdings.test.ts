// What of the store is whose: reckoned from a few places, held against every row of it.

import { expect, test } from 'vitest';
import { holdingsOf } from '../src/queries/holdings.ts';
import { presets } from '../src/tiers/tier.ts';
import { every, openSite } from './queries-site.ts';

const everies = presets.server.tiers.map((tier) => tier.every);
const start = '2026-06-01T00:00:00Z';
const values = (index: number) => ({
  battery_voltage: 26 + Math.sin(index / 50),
  battery_current: 10 * Math.sin(index / 30),
  state_of_charge: 50 + (index % 40),
});

/** A device that always speaks, one that sleeps between its readings, and one that was away for two of three days. */
function filledSite() {
  const site = openSite();
  const named = (name: string, readings: ReturnType<typeof every>) =>
    readings.map((each) => ({ ...each, topic: `victron/solar_charger/${name}` }));
  const readings = [
    ...named('roof', every(60, start, 3 * 1_440, values)),
    ...named('shed', every(1_200, start, 3 * 72, values)),
    ...named('boat', every(60, start, 720, values)),
    ...named('boat', every(60, '2026-06-03T12:00:00Z', 720, values)),
  ];
  site.store(readings.toSorted((a, b) => a.timeMs - b.timeMs));
  return { site, readings: readings.length };
}

test('rows and bytes are about those that are there, the oldest is exact', () => {
  const { site, readings } = filledSite();
  const [raw, ...tiers] = holdingsOf(site.database, everies);
  expect(raw).toMatchObject({ tier: 'raw', rows: readings, oldestMs: Date.parse(start) });
  const count = site.database.prepare('SELECT count(*) AS rows FROM tier_window WHERE tier = ?');
  for (const [index, seconds] of [120, 300, 1_800, 7_200, 86_400].entries()) {
    const { rows = 0, oldestMs } = tiers[index] ?? {};
    const counted = Number(count.get(seconds)?.['rows']);
    expect(Math.abs(rows / counted - 1), `${seconds} s: ${rows} of ${counted}`).toBeLessThan(0.15);
    // Days are those of Rome.
    expect(oldestMs).toBe(Date.parse(seconds === 86_400 ? '2026-05-31T22:00:00Z' : start));
  }
  const pages = site.database.prepare('SELECT sum(pgsize) AS bytes FROM dbstat WHERE name LIKE ?');
  const sizeOf = (tables: string) => Number(pages.get(tables)?.['bytes']);
  const windows = tiers.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(Math.abs(windows / sizeOf('tier_window%') - 1)).toBeLessThan(0.25);
  expect(Math.abs((raw?.bytes ?? 0) / sizeOf('log_group') - 1)).toBeLessThan(0.25);
});

test('an empty store holds nothing, and the thread of history says the same', async () => {
  const site = openSite();
  const nothing = ['raw', '2m', '5m', '30m', '2h', '1d'].map((tier) => ({ tier, rows: 0, bytes: 0 }));
  expect(await site.queries.holdings()).toEqual(nothing);
  site.store(every(60, start, 10, values));
  expect((await site.queries.holdings())[1]).toMatchObject({ tier: '2m', rows: 5 });
});
