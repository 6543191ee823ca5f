// Without a mouse: every action is reached, and single keys do what they say until they are switched off.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { StatusView } from '../../../src/web/status-views.ts';
import { type Bench, eventually, settled } from '../bench.ts';
import { beginning } from '../fixture/site.ts';

const controls = 'a, button:not([disabled]), select, summary, input, [tabindex="0"]';

const sleeper: StatusView['agents'][number] = {
  ...{ name: 'ridge', state: 'sleeping', version: '0.1.0', heard: beginning, devices: [], in_reach: [] },
  next_due: beginning + 600_000,
};

/** Controls that the Tab key does not reach. */
async function missed(page: Page): Promise<string[]> {
  const total = await page.locator(controls).count();
  for (let press = 0; press < total + 2; press++) {
    await page.keyboard.press('Tab');
    await page.evaluate(() => document.activeElement?.setAttribute('data-reached', ''));
  }
  return page.evaluate(
    (selector) =>
      [...document.querySelectorAll(selector)]
        .filter((element) => element.checkVisibility() && !element.hasAttribute('data-reached'))
        .map((element) => element.outerHTML.slice(0, 80)),
    controls,
  );
}

export function keyboardCases(bench: () => Bench): void {
  describe('keyboard', () => {
    test.concurrent.each(['#/', '#/device/d1', '#/system'])('reaches every control: %s', async (address) => {
      await bench().visit({ address }, async ({ page, fixture }) => {
        fixture.answers.changeStatus({ agents: [sleeper] });
        await page.reload();
        if (address === '#/system') await page.getByText('Keep “ridge” awake').waitFor();
        await settled(page, fixture);
        // A card that comes or goes between two keys moves the way: then it is walked again.
        await eventually(
          () => missed(page),
          (found) => expect(found).toEqual([]),
        );
      });
    });

    test.concurrent('the first Tab offers to skip to the content', async () => {
      await bench().visit({}, async ({ page }) => {
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
      });
    });

    test.concurrent('1 2 change pages, [ ] the range, c compares; switched off they do nothing', async () => {
      await bench().visit({ address: '#/device/d1' }, async ({ page, fixture }) => {
        await settled(page, fixture);
        const pressed = () => page.locator('.seg [aria-pressed=true]').getAttribute('data-range');
        await page.keyboard.press(']');
        await eventually(pressed, (found) => expect(found).toBe('7d'));
        await page.keyboard.press('[');
        await eventually(pressed, (found) => expect(found).toBe('24h'));
        await page.keyboard.press('c');
        await eventually(
          () => page.locator('.tgl').getAttribute('aria-pressed'),
          (found) => expect(found).toBe('true'),
        );
        await page.keyboard.press('2');
        await page.locator('main.list').waitFor();
        await page.keyboard.press('1');
        await page.locator('.flow').waitFor();
        await page.locator('.foot-page input').uncheck();
        await page.keyboard.press('Tab');
        await page.keyboard.press('2');
        expect(await page.evaluate('location.hash')).not.toContain('devices');
      });
    });

    test.concurrent('a value’s history is shown and hidden from its row', async () => {
      await bench().visit({ address: '#/device/d1' }, async ({ page }) => {
        const panel = page.locator('.panel[data-field=device_temperature]');
        const button = page.locator('tr[data-field=device_temperature] button');
        expect(await panel.count()).toBe(0);
        await button.focus();
        await page.keyboard.press('Enter');
        await panel.locator('canvas').waitFor();
        expect(await button.getAttribute('aria-pressed')).toBe('true');
        await page.keyboard.press('Enter');
        await panel.waitFor({ state: 'detached' });
      });
    });
  });
}
