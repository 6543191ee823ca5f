// The wall display: everything on one screen of 800 by 480, whatever the site is like.

import { describe, expect, test } from 'vitest';
import type { AlarmView } from '../../../src/web/api.ts';
import { type Bench, eventually, settled } from '../bench.ts';
import { type FixtureDevice, packOf, siteDevices } from '../fixture/devices.ts';
import { overfull } from '../probes.ts';

const longName = 'roof-array-on-the-northern-barn-extension';

const many = (count: number): FixtureDevice[] =>
  Array.from({ length: count }, (_, index) =>
    index === 0
      ? { ...packOf('d0', longName, {}), fields: siteDevices[1]?.fields ?? {} }
      : packOf(`d${index}`, `${longName.slice(0, 38)}${index}`, {}),
  );

const alarm = (index: number): AlarmView => ({
  device: 'd0',
  name: longName,
  code: `faults.${index}`,
  text: 'Charge current high, temperature of the power stage above its limit',
  level: 'alarm',
  since: Date.UTC(2026, 5, 9, 9, index),
  until: null,
});

const watts = (value: number) => ({ value, age: 4, devices: ['d0'] });
const strong = {
  watts: [
    { node: 'sun' as const, ...watts(13_000) },
    { node: 'battery' as const, ...watts(-12_840), stale: ['d0'] },
    { node: 'load' as const, ...watts(-160) },
    { node: 'grid' as const, ...watts(0) },
  ],
};

export function kioskCases(bench: () => Bench): void {
  describe('kiosk', () => {
    const sites = [
      { devices: 1, alarms: 0, lang: 'en' },
      { devices: 1, alarms: 5, lang: 'ja' },
      { devices: 20, alarms: 0, lang: 'ja' },
      { devices: 20, alarms: 5, lang: 'en' },
      { devices: 8, alarms: 1, lang: 'af' },
    ];
    test.concurrent.each(sites)(
      'fits on its screen: $devices devices, $alarms alarms, $lang',
      async ({ devices, alarms, lang }) => {
        const fixture = { devices: many(devices) };
        await bench().visit({ size: 'kiosk', address: `?kiosk&lang=${lang}`, fixture }, async (visit) => {
          const { page } = visit;
          visit.fixture.answers.changeSite(strong);
          for (let index = 0; index < alarms; index++) visit.fixture.site.addAlarm(alarm(index));
          await page.reload();
          await page.locator('.node.battery .val', { hasText: /^−12\D840/ }).waitFor();
          await settled(page, visit.fixture);
          expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(480);
          expect(await page.evaluate(overfull, '.card, .node .val, .devs')).toEqual([]);
          expect(
            await page.locator('.pc').evaluate((charge) => charge.scrollWidth - charge.clientWidth),
          ).toBe(0);
          const last = await page.locator('.dev').last().boundingBox();
          expect((last?.y ?? 0) + (last?.height ?? 999)).toBeLessThanOrEqual(480);
          expect(await page.locator('.dev').count()).toBe(Math.min(8, devices));
          expect(await page.locator('.att.none').count()).toBe(alarms === 0 ? 1 : 0);
        });
      },
    );

    test.concurrent('with more devices than tiles the lost come first and the last tile tells how many more', async () => {
      const devices = [...many(9), packOf('gone', 'gone', { silentFor: 3600 })];
      const options = { size: 'kiosk', address: '?kiosk', fixture: { devices } } as const;
      await bench().visit(options, async ({ page }) => {
        expect(await page.locator('.dev').first().getAttribute('data-device')).toBe('gone');
        const rest = page.locator('.dev.rest');
        expect(await rest.textContent()).toBe('3 more');
        await rest.click();
        await eventually(
          () => page.locator('.dev').count(),
          (found) => expect(found).toBe(10),
        );
      });
    });

    test.concurrent('goes home a minute after the last touch', async () => {
      const options = { size: 'kiosk', address: '?kiosk#/device/d1', stoppedClock: true } as const;
      await bench().visit(options, async ({ page }) => {
        await page.locator('h1').waitFor();
        await page.clock.runFor(50_000);
        await page.locator('h1').tap();
        await page.clock.runFor(50_000);
        expect(page.url()).toContain('#/device/d1');
        await page.clock.runFor(11_000);
        await page.locator('.flow').waitFor();
        expect(page.url()).not.toContain('device');
      });
    });

    test.concurrent('has no navigation and a way back', async () => {
      const options = { size: 'kiosk', address: '?kiosk' } as const;
      await bench().visit(options, async ({ page }) => {
        expect(await page.locator('nav').isVisible()).toBe(false);
        await page.locator('.dev').first().click();
        await page.locator('h1').waitFor();
        await page.locator('.kback').click();
        await page.locator('.flow').waitFor();
      });
    });
  });
}
