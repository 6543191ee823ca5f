import { expect, test, vi } from 'vitest';
import { openStorageView } from '../src/storage-view.ts';
import { presets } from '../src/tiers/tier.ts';
import { every, openSite } from './queries-site.ts';

const start = '2026-06-01T00:00:00Z';
const configuration = { sizeBytesMax: 1e9, retention: presets.server };

test('what the tiers hold and the disk has left is measured beside, once a minute, while somebody asks', async () => {
  const site = openSite();
  site.store(every(60, start, 120, (index) => ({ battery_voltage: 12 + index / 100 })));
  const holdings = vi.fn(site.queries.holdings);
  const view = openStorageView(site, configuration, holdings);
  expect(holdings).not.toHaveBeenCalled();
  expect(view().bytes_free).toBeUndefined();
  await vi.waitFor(() => expect(view().bytes_free).toBeGreaterThan(0), 10_000);
  expect(view().tiers[1]).toMatchObject({ tier: '2m', rows: 60, oldest: Date.parse(start) });
  expect(view().tiers[1]?.bytes).toBeGreaterThan(60 * 20);
  expect(view().schema).toMatchObject({ log: expect.any(Number), tiers: 2 });
  expect(holdings).toHaveBeenCalledTimes(1);
});

test('what could not be measured is unknown, and the rest is said', async () => {
  const site = openSite();
  const failing = vi.fn(() => Promise.reject(new Error('History is closed.')));
  const view = openStorageView(site, configuration, failing);
  view();
  await vi.waitFor(() => expect(failing).toHaveBeenCalled());
  expect(view().bytes).toBeGreaterThan(0);
  expect(view().tiers[1]).toEqual({ tier: '2m', every: 120, keep: 7 * 86_400 });
});
