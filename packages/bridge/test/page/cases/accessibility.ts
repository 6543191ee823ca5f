// Readers who do not see the page, or see it in colours of their own.

import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { type Bench, goTo, looks, settled } from '../bench.ts';

/** What axe finds wrong by any of its rules: rule, element, why. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate<axe.AxeResults>(
    `axe.run({ resultTypes: ['violations'] })`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}

export function accessibilityCases(bench: () => Bench): void {
  describe('accessibility', () => {
    test.concurrent.each(looks)('axe finds nothing wrong on any page: $size, $theme', async (look) => {
      const address = look.size === 'kiosk' ? '?kiosk' : '';
      await bench().visit({ ...look, address }, async (visit) => {
        for (const hash of ['#/', '#/devices', '#/device/d6', '#/device/nobody']) {
          await goTo(visit, hash);
          expect(await violations(visit.page), hash).toEqual([]);
        }
      });
    });

    test.concurrent.each(looks)(
      'axe finds nothing wrong with charts, lanes, a comparison and an open table: $size, $theme',
      async (look) => {
        const address = look.size === 'kiosk' ? '?kiosk#/device/d1' : '#/device/d1';
        await bench().visit({ ...look, address }, async ({ page, fixture }) => {
          await page.locator('[data-range="7d"]').click();
          await page.locator('.tgl').click();
          if (look.size !== 'kiosk') await page.locator('.points summary').first().click();
          await settled(page, fixture);
          expect(await page.locator('.panel canvas').count()).toBeGreaterThan(2);
          expect(await violations(page)).toEqual([]);
        });
      },
    );

    test.concurrent('axe finds nothing wrong with the first steps', async () => {
      await bench().visit({ fixture: { devices: [] } }, async ({ page, fixture }) => {
        await settled(page, fixture);
        expect(await violations(page)).toEqual([]);
      });
    });
  });
}
