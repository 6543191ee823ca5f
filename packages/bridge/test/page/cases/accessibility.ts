// Readers who do not see the page, or see it in colours of their own.

import axe from 'axe-core';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { type Bench, goTo, looks, settled, type Visit } from '../bench.ts';
import { moving, unpainted } from '../probes.ts';

/** What axe finds wrong by any of its rules: rule, element, why. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate<axe.AxeResults>(
    `axe.run({ resultTypes: ['violations'] })`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}

/** A card in each state that a device can have. */
async function inEveryState({ page, fixture: { site, ahead } }: Visit): Promise<Locator[]> {
  site.stop('d1');
  ahead(60_000);
  await page.clock.runFor(1000);
  const cards = ['fresh', 'sleeping', 'late', 'lost'].map((state) =>
    page.locator(`.dev[data-state=${state}]`).first(),
  );
  for (const card of cards) await card.waitFor();
  return cards;
}

const colourOf = (element: Locator) => element.evaluate((each) => getComputedStyle(each).color);
/** What is painted, apart from words. */
const pictureOf = async (element: Locator) => (await element.screenshot()).toString('base64');

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

    test.concurrent.each(looks)('axe finds nothing wrong with the system: $size, $theme', async (look) => {
      const address = look.size === 'kiosk' ? '?kiosk#/system' : '#/system';
      await bench().visit({ ...look, address }, async ({ page, fixture }) => {
        await page.locator('.ledger').waitFor();
        await settled(page, fixture);
        expect(await violations(page)).toEqual([]);
      });
    });

    test.concurrent('axe finds nothing wrong with the first steps', async () => {
      await bench().visit({ fixture: { devices: [] } }, async ({ page, fixture }) => {
        await settled(page, fixture);
        expect(await violations(page)).toEqual([]);
      });
    });

    test.concurrent.each(['light', 'dark'] as const)(
      'in colours of the reader’s own every state has its word, its sign and its wire: %s',
      async (theme) => {
        const expected = /ERR_|Failed to load/;
        await bench().visit({ theme, stoppedClock: true, expected }, async (visit) => {
          const { page, fixture } = visit;
          const cards = await inEveryState(visit);
          await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
          const all = <Found>(selector: string, read: (part: Locator) => Promise<Found>) =>
            Promise.all(cards.map((card) => read(card.locator(selector).first())));
          expect(await all('.st', (word) => word.textContent())).toEqual(['Fresh', 'Asleep', 'Late', 'Lost']);
          // Of one colour: what still tells them apart is no colour.
          expect(new Set(await all('.st', colourOf)).size).toBe(1);
          expect(new Set(await all('.wire', pictureOf)).size).toBe(4);
          const signs = await all('.st .i', pictureOf);
          const [fresh, , , lost] = await all('.ld > b', colourOf);
          expect(lost).not.toBe(fresh);
          await goTo(visit, '#/device/d1');
          const shapes =
            '.beat i, .lane i, .key, .live .dot, .tgl, .vals th button, .seg [aria-pressed=true]';
          expect(await page.evaluate(unpainted, shapes)).toEqual([]);
          await goTo(visit, '#/system');
          await page.locator('.bar').first().waitFor();
          expect(await page.evaluate(unpainted, '.bar i')).toEqual([]);

          await goTo(visit, '#/');
          fixture.cut();
          await page.clock.runFor(16_000);
          const cut = page.locator('.dev[data-state=cut]').first();
          expect(await cut.locator('.st').textContent()).toMatch(/^As of 14:2\d$/);
          expect(new Set([...signs, await pictureOf(cut.locator('.st .i'))]).size).toBe(5);
          expect(await colourOf(cut.locator('.ld > b'))).toBe(lost);
        });
      },
    );

    test.concurrent.each(['#/', '#/device/d1'])(
      'nothing moves by itself, nor when it changes: %s',
      async (address) => {
        await bench().visit({ address }, async (visit) => {
          await settled(visit.page, visit.fixture);
          expect(await visit.page.evaluate(moving)).toEqual([]);
        });
      },
    );
  });
}
