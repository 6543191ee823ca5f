// Questions to tiers that do not have everything that they would keep.

import { expect, test } from 'vitest';
import { querySeries } from '../src/queries/series.ts';
import { storageView } from '../src/storage-view.ts';
import { presets } from '../src/tiers/tier.ts';
import { every, openSite, roof } from './queries-site.ts';

const at = (text: string): number => Date.parse(text);
const start = '2026-06-01T00:00:00Z';

/** As after a change of the configuration of which a tier could not be filled further back. */
const reachesBackTo = ({ database }: ReturnType<typeof openSite>, seconds: number, time: string) =>
  database.prepare('INSERT INTO tier_reach VALUES (?, 1, ?, 0)').run(seconds, at(time));

test('a series comes from a tier that has all of the span, and says from when on it does otherwise', () => {
  const site = openSite();
  site.store(every(60, start, 3 * 1_440, (i) => ({ battery_voltage: 12 + (i % 4) / 100 })));
  reachesBackTo(site, 120, '2026-06-02T00:00:00Z');
  const from = (time: string) => {
    const span = { fromMs: at(time), toMs: at('2026-06-04T00:00:00Z') };
    const question = { series: roof, field: 'battery_voltage', ...span, pointsMax: 2_500 };
    const { tier, points, heldFromMs } = querySeries(site.history, site.tiers, question, {
      nowMs: site.nowMs,
      monotonicMs: () => 0,
    });
    return [tier, points.length, heldFromMs];
  };
  expect(from(start)).toEqual(['5m', 864, undefined]);
  expect(from('2026-06-02T00:00:00Z')).toEqual(['2m', 1_440, at('2026-06-02T00:00:00Z')]);
  for (const seconds of [300, 1_800, 7_200, 86_400]) reachesBackTo(site, seconds, '2026-06-03T00:00:00Z');
  expect(from(start)).toEqual(['2m', 2_160, at('2026-06-02T00:00:00Z')]);
  const tiers = storageView(site, { sizeBytesMax: 1, retention: presets.server }).tiers;
  expect(tiers.map(({ tier, from: since }) => [tier, since]).slice(0, 3)).toEqual([
    ['raw', undefined],
    ['2m', at('2026-06-02T00:00:00Z')],
    ['5m', at('2026-06-03T00:00:00Z')],
  ]);
});
