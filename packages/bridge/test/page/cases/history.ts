// Charts: what they ask for, what they say of it, and how the keyboard moves in them.

import { describe, expect, test } from 'vitest';
import { type Bench, eventually, settled } from '../bench.ts';
import { zone } from '../fixture/site.ts';

const seriesAsked = (paths: readonly string[]) =>
  paths
    .filter((path) => path.startsWith('/api/series'))
    .map((path) => new URL(path, 'http://fixture').searchParams);

export function historyCases(bench: () => Bench): void {
  describe('history', () => {
    test.concurrent('every range asks for at most 1,000 points and names the tier of the answer', async () => {
      await bench().visit({ address: '#/device/d2' }, async ({ page, fixture }) => {
        const tiers = { '24h': '2 min', '7d': '30 min', '30d': '2 h', '1y': '1 d', '10y': '1 d' };
        for (const [range, tier] of Object.entries(tiers)) {
          fixture.forget();
          await page.locator(`[data-range="${range}"]`).click();
          await page.locator('.tier', { hasText: `From the ${tier} tier` }).waitFor();
          await eventually(
            () => page.locator('.panel canvas').count(),
            (count) => expect(count).toBeGreaterThan(3),
          );
          await settled(page, fixture);
          const wanted = seriesAsked(fixture.asked()).map(
            (query) => `${query.get('field')} ${query.get('points')}`,
          );
          expect(wanted.length, `${range} asked twice`).toBe(new Set(wanted).size);
          for (const query of seriesAsked(fixture.asked())) {
            expect(Number(query.get('points')), `${range} ${query}`).toBeLessThanOrEqual(1000);
          }
        }
      });
    });

    test.concurrent('compare asks for the same stretch of the calendar a year earlier', async () => {
      await bench().visit({ address: '#/device/d2' }, async ({ page, fixture }) => {
        await settled(page, fixture);
        fixture.forget();
        await page.locator('.tgl').click();
        await settled(page, fixture);
        const [query] = seriesAsked(fixture.asked()).filter(
          (each) => each.get('field') === 'state_of_charge',
        );
        const to = new Date(Number(query?.get('to')));
        expect(to.toISOString()).toMatch(/^2025-06-09T12:2/);
        await page.locator('.panel .key.kc').first().waitFor();
      });
    });

    const years = [
      // To the 28th, because the year before has no 29 February.
      { now: '2028-02-29T12:20:00+01:00', before: '2027-02-28T12:20:00+01:00' },
      // The clocks have changed that day, in autumn and in spring; a year earlier they did so a day later.
      { now: '2026-10-25T12:20:00+01:00', before: '2025-10-25T12:20:00+02:00' },
      { now: '2027-03-28T12:20:00+02:00', before: '2026-03-28T12:20:00+01:00' },
    ];
    test.concurrent.each(years)(
      'compare lines up by the local time of the site: $now',
      async ({ now, before }) => {
        const options = { address: '#/device/d2', stoppedClock: true };
        await bench().visit(options, async ({ page, fixture }) => {
          fixture.ahead(Date.parse(now) - fixture.now());
          await page.reload();
          await page.locator('[data-link=live]').waitFor();
          const asked = () =>
            seriesAsked(fixture.asked()).filter((query) => query.get('field') === 'state_of_charge');
          const edges = (query: URLSearchParams | undefined) =>
            ['from', 'to'].map((edge) => Number(query?.get(edge)));
          await settled(page, fixture);
          fixture.forget();
          await page.locator('[data-range="7d"]').click();
          const newest = () => edges(asked().at(-1));
          await eventually(newest, ([, to = 0]) =>
            expect(Math.abs(to - Date.parse(now))).toBeLessThan(600_000),
          );
          await settled(page, fixture);
          const [from = 0, to = 0] = newest();
          fixture.forget();
          await page.locator('.tgl').click();
          await page.locator('.panel .key.kc').first().waitFor();
          const [fromBefore = 0, toBefore = 0] = edges(asked()[0]);
          expect(Math.abs(toBefore - Date.parse(before))).toBeLessThan(600_000);
          const hour = (time: number) =>
            new Date(time).toLocaleTimeString('en', { timeZone: zone, hour: 'numeric' });
          expect([hour(fromBefore), hour(toBefore)]).toEqual([hour(from), hour(to)]);
        });
      },
    );

    test.concurrent('a history that cannot be read says so, live values go on, and it can be tried again', async () => {
      const expected = /500/;
      await bench().visit({ address: '#/device/d2', expected }, async ({ page, fixture }) => {
        fixture.answers.failSeries(true);
        await page.locator('[data-range="7d"]').click();
        const panel = page.locator('.panel[data-field=state_of_charge]');
        await panel.getByText('History could not be read. Live values go on.').waitFor();
        expect(await panel.locator('.reading').textContent()).toMatch(/^now [\d.]+/);
        fixture.answers.failSeries(false);
        await panel.getByRole('button', { name: 'Try again' }).click();
        await panel.locator('canvas').waitFor();
      });
    });

    test.concurrent('before the first reading there is a sentence, not a line', async () => {
      await bench().visit({ address: '#/device/d2' }, async ({ page, fixture }) => {
        fixture.answers.changeHistory({ first: fixture.now() + 3600_000 });
        await page.locator('[data-range="7d"]').click();
        await page.locator('.panel', { hasText: 'Nothing stored before 9 Jun 2026' }).first().waitFor();
      });
    });

    test.concurrent('arrow keys move the cursor by one point, Escape leaves', async () => {
      await bench().visit({ address: '#/device/d2' }, async ({ page, fixture }) => {
        await settled(page, fixture);
        const panel = page.locator('.panel[data-field=battery_voltage]');
        const reading = panel.locator('.reading');
        await panel.locator('.chart').focus();
        await page.keyboard.press('End');
        const last = await reading.textContent();
        expect(last).toMatch(/14:2\d · 27\.\d\d\sV$/);
        await page.keyboard.press('ArrowLeft');
        const before = await reading.textContent();
        expect(before).not.toBe(last);
        await page.keyboard.press('ArrowRight');
        expect(await reading.textContent()).toBe(last);
        await page.keyboard.press('Escape');
        expect(await reading.textContent()).toMatch(/^now/);
      });
    });

    test.concurrent('a chart’s numbers are there as a table', async () => {
      await bench().visit({ address: '#/device/d2' }, async ({ page, fixture }) => {
        await settled(page, fixture);
        const panel = page.locator('.panel[data-field=state_of_charge]');
        await panel.getByText('Show as table').click();
        const rows = panel.locator('tbody tr');
        await eventually(
          () => rows.count(),
          (found) => expect(found).toBeGreaterThan(500),
        );
        expect(await rows.last().textContent()).toMatch(/\d+(\.\d)?\s%/);
      });
    });

    test.concurrent('the last value of a silent device is said with its time, never as now', async () => {
      await bench().visit({ address: '#/device/d6' }, async ({ page, fixture }) => {
        await settled(page, fixture);
        const readings = await page.locator('.reading').allTextContents();
        expect(readings.length).toBe(3);
        for (const reading of readings) expect(reading).toMatch(/^at 11:5\d [−\d.]+\s[%WV]/);
      });
    });

    test.concurrent('states are words in a lane, gaps are hatched', async () => {
      await bench().visit({ address: '#/device/d1' }, async ({ page, fixture }) => {
        await settled(page, fixture);
        const lane = page.locator('.panel[data-field=charge_state] .lane');
        expect(await lane.locator('.gap').count()).toBe(1);
        expect(new Set(await lane.locator('i:not(.gap)').allTextContents())).toEqual(
          new Set(['Absorption', 'Bulk', 'Off']),
        );
        expect(await page.locator('.beat .none').count()).toBeGreaterThan(0);
      });
    });
  });
}
