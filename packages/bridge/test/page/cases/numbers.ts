// Signs, verbs and sums: what the watts say.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { SiteView } from '../../../src/web/api.ts';
import { type Bench, eventually, settled } from '../bench.ts';

type Node = SiteView['watts'][number];
const node = (name: Node['node'], value: number | null, more: Partial<Node> = {}): Node => ({
  node: name,
  value,
  age: value === null ? null : 3,
  devices: ['d2'],
  ...more,
});
const says = (page: Page, name: string) => page.locator(`.node.${name}`).textContent();
const ribbons = (page: Page) =>
  page
    .locator('.river g')
    .evaluateAll((groups) =>
      groups.map((each) => `${each.getAttribute('data-from')} → ${each.getAttribute('data-to')}`),
    );

export function numberCases(bench: () => Bench): void {
  describe('numbers', () => {
    test.concurrent('a discharging battery is above zero and its ribbon leaves the battery', async () => {
      await bench().visit({}, async ({ page, fixture }) => {
        const watts = [node('sun', 120), node('battery', 400), node('load', -520), node('grid', 0)];
        fixture.answers.changeSite({ watts, unexplained: 0 });
        await page.reload();
        await page.locator('.river g').first().waitFor();
        expect(await says(page, 'battery')).toMatch(/\+400\s*W\s*discharging/);
        expect(await says(page, 'load')).toMatch(/−520\s*W\s*using/);
        expect(await says(page, 'grid')).toMatch(/0\s*W\s*off/);
        expect((await ribbons(page)).sort()).toEqual(['battery → load', 'sun → load']);
        expect(await page.locator('.bal').textContent()).toMatch(/Supply \+520\sW\s*Consumption −520\sW$/);
        expect(await page.locator('.river .idle').count()).toBe(1);
      });
    });

    test.concurrent('what does not add up is said, and an unknown is no zero', async () => {
      await bench().visit({}, async ({ page, fixture }) => {
        fixture.answers.changeSite({ watts: [node('sun', 500), node('load', -488)], unexplained: 12 });
        await page.reload();
        await eventually(
          () => page.locator('.bal').textContent(),
          (found) => expect(found).toContain('12\u00a0W unexplained'),
        );
        const lost = node('battery', null, { devices: [], stale: ['d2'] });
        fixture.answers.changeSite({
          watts: [node('sun', 500), lost, node('grid', 0, { devices: [] })],
          unexplained: null,
        });
        await page.reload();
        await eventually(
          () => page.locator('.node').count(),
          (found) => expect(found).toBe(2),
        );
        expect(await says(page, 'battery')).toMatch(/Battery\s*unknown/);
        expect(await page.locator('.bal').count()).toBe(0);
        expect(await ribbons(page)).toEqual([]);
      });
    });

    test.concurrent('cards and values now have the sign of the site, and the verb beside it', async () => {
      await bench().visit({}, async ({ page, fixture }) => {
        const battery = page.locator('.dev[data-device=d2]');
        const { battery_power: power } = fixture.site.view('d2').values;
        expect(power?.value).toBeGreaterThan(0);
        expect(await battery.locator('.vs').textContent()).toMatch(/Power\s*−[\d,]+\s*W/);
        expect(await battery.locator('.verb').textContent()).toBe('charging');
        await battery.click();
        await settled(page, fixture);
        expect(await page.locator('tr[data-field=battery_current]').textContent()).toMatch(
          /charging\s*−[\d.]+\s*A/,
        );
        expect(await page.locator('tr[data-field=battery_voltage]').textContent()).toMatch(
          /Voltage27\.\d\d\s*V/,
        );
        expect(await page.locator('tr[data-field=time_to_go]').textContent()).toContain('unknown');
      });
    });

    test.concurrent('a new reading changes the card and the sums without a reload', async () => {
      await bench().visit({}, async ({ page, fixture: { ahead } }) => {
        const value = page.locator('.dev[data-device=d3] .ld > b');
        const load = page.locator('.node.load .val');
        const [before, sum] = [await value.textContent(), await load.textContent()];
        ahead(3 * 3600_000);
        await eventually(
          () => value.textContent(),
          (found) => expect(found).not.toBe(before),
        );
        await eventually(
          () => load.textContent(),
          (found) => expect(found).not.toBe(sum),
        );
      });
    });

    test.concurrent('Japanese is Japanese, with names left alone', async () => {
      await bench().visit({ address: '?lang=ja' }, async ({ page }) => {
        expect(await page.locator('html').getAttribute('lang')).toBe('ja');
        expect(await page.locator('#h-flow').textContent()).toBe('現在の電力');
        expect(await says(page, 'battery')).toContain('充電中');
        expect(await page.locator('.dev h3').first().textContent()).toBe('roof-array');
      });
    });
  });
}
