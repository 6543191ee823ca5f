// Nothing moves unless something changed, and a page that nobody sees asks for nothing.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { type Bench, eventually, settled } from '../bench.ts';

const countFrames = `
  window.frames_asked = 0;
  const real = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => { window.frames_asked++; return real(callback); };
`;
/** Set before the page's own script runs, so that it counts what the page's timers do. */
const countTimers = `
  window.timers_run = 0;
  for (const name of ['setTimeout', 'setInterval']) {
    const real = window[name].bind(window);
    window[name] = (callback, ...more) => real((...given) => { window.timers_run++; callback(...given); }, ...more);
  }
`;
const timersRun = (page: Page) => page.evaluate<number>('window.timers_run');

const framesAsked = (page: Page) => page.evaluate<number>('window.frames_asked');

/** As the browser does when another tab comes to the front. */
const hide = (page: Page, hidden: boolean) =>
  page.evaluate((isHidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

export function quietCases(bench: () => Bench): void {
  describe('quiet', () => {
    test.concurrent.each(['#/', '#/device/d1'])(
      'an idle page asks for no animation frame: %s',
      async (address) => {
        await bench().visit({ address, script: countFrames }, async ({ page, fixture }) => {
          await settled(page, fixture);
          for (const id of fixture.site.ids()) fixture.site.stop(id);
          // What came before is drawn when the machine finds the time; a page that moves by itself never rests so long.
          const duringTwoSeconds = async (): Promise<number> => {
            const before = await framesAsked(page);
            await page.waitForTimeout(2000);
            return (await framesAsked(page)) - before;
          };
          await eventually(duringTwoSeconds, (asked) => expect(asked).toBe(0));
          expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
        });
      },
    );

    test.concurrent('nothing is written again on a card whose device said nothing new', async () => {
      await bench().visit({}, async ({ page, fixture }) => {
        await settled(page, fixture);
        for (const id of fixture.site.ids()) if (id !== 'd3') fixture.site.stop(id);
        await page.evaluate(() => {
          const seen: string[] = [];
          new MutationObserver((changes) => {
            for (const { target } of changes) {
              const element = target instanceof Element ? target : target.parentElement;
              const id = element?.closest('.dev')?.getAttribute('data-device');
              // Ages and the wire are written once a second.
              if (id && !element?.closest('.ctr')) seen.push(id);
            }
          }).observe(document.body, {
            subtree: true,
            childList: true,
            characterData: true,
            attributes: true,
          });
          Object.assign(window, { seen });
        });
        const value = page.locator('.dev[data-device=d3] .ld > b');
        const before = await value.textContent();
        fixture.ahead(12_000);
        await eventually(
          () => value.textContent(),
          (found) => expect(found).not.toBe(before),
        );
        expect(new Set(await page.evaluate<string[]>('window.seen'))).toEqual(new Set(['d3']));
      });
    });

    test.concurrent('a hidden page closes its stream and asks for nothing; seen again it takes a snapshot', async () => {
      await bench().visit({ stoppedClock: true, script: countTimers }, async ({ page, fixture }) => {
        await settled(page, fixture);
        const first = await timersRun(page);
        await page.clock.runFor(10_000);
        expect(await timersRun(page)).toBeGreaterThanOrEqual(first + 10);
        await hide(page, true);
        await eventually(
          () => fixture.streams(),
          (found) => expect(found).toBe(0),
        );
        fixture.forget();
        const before = await timersRun(page);
        await page.clock.runFor(30 * 60_000);
        expect(fixture.asked()).toEqual([]);
        expect((await timersRun(page)) - before).toBeLessThanOrEqual(30);
        fixture.ahead(1000);
        await hide(page, false);
        await eventually(
          () => fixture.streams(),
          (found) => expect(found).toBe(1),
        );
        await eventually(
          () => fixture.asked(),
          (found) => expect(found).toContain('/api/devices'),
        );
        await page.clock.runFor(1000);
        await page.locator('[data-link=live]').waitFor();
      });
    });
  });
}
