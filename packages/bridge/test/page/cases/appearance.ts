// How every page looks at every size and in both themes: nothing complains, sticks out, is too small or too pale.

import { describe, expect, test } from 'vitest';
import { type Bench, goTo, looks } from '../bench.ts';
import { overfull, paleLines, paleTexts, sidewaysBy, smallControls } from '../probes.ts';

const hashes = ['#/', '#/devices', '#/device/d1', '#/device/d6', '#/device/nobody', '#/system'];
const widths = [320, 390, 800, 1280, 1920];

export function appearanceCases(bench: () => Bench): void {
  describe('appearance', () => {
    test.concurrent.each(looks)(
      '$size, $theme: no complaint, nothing beside the screen, text that can be read, controls for fingers',
      async ({ size, theme }) => {
        const query = size === 'kiosk' ? '?kiosk' : '';
        await bench().visit({ size, theme, address: query }, async (visit) => {
          const { page } = visit;
          for (const hash of hashes) {
            await goTo(visit, hash);
            expect(await page.evaluate(sidewaysBy), `${hash} sideways`).toBe(0);
            expect(await page.evaluate(paleTexts), `${hash} pale`).toEqual([]);
            if (size !== 'desktop')
              expect(await page.evaluate(smallControls, 44), `${hash} small`).toEqual([]);
          }
        });
      },
    );

    test.concurrent('no page is wider than its window, at any width', async () => {
      await bench().visit({}, async (visit) => {
        const { page } = visit;
        for (const hash of hashes) {
          await goTo(visit, hash);
          for (const width of widths) {
            await page.setViewportSize({ width, height: 800 });
            expect(await page.evaluate(sidewaysBy), `${hash} at ${width}`).toBe(0);
            expect(await page.evaluate(overfull, '.card'), `${hash} at ${width}`).toEqual([]);
          }
        }
      });
    });

    test.concurrent.each(['light', 'dark'] as const)(
      'lines of charts and signs of states stand out by 3:1 from the card: %s',
      async (theme) => {
        await bench().visit({ theme }, async ({ page }) => {
          expect(await page.evaluate(paleLines)).toEqual([]);
        });
      },
    );

    const cutOff = [
      { size: 'desktop', theme: 'light' },
      { size: 'phone', theme: 'dark' },
    ] as const;
    test.concurrent.each(cutOff)(
      'numbers as of a time can still be read: $size, $theme',
      async ({ size, theme }) => {
        const expected = /ERR_|Failed to load/;
        await bench().visit({ size, theme, stoppedClock: true, expected }, async ({ page, fixture }) => {
          fixture.cut();
          await page.clock.runFor(16_000);
          await page.locator('[data-link=cut]').waitFor();
          expect(await page.evaluate(paleTexts)).toEqual([]);
          expect(await page.evaluate(sidewaysBy)).toBe(0);
          expect(await page.evaluate(overfull, '.top')).toEqual([]);
        });
      },
    );
  });
}
