// A number is never older than it looks: what the page says of age and silence, second by second.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { type Bench, eventually, goTo, settled } from '../bench.ts';

const card = (page: Page, id: string) => page.locator(`.dev[data-device="${id}"]`);
const stateOf = (page: Page, id: string) => card(page, id).getAttribute('data-state');

/** Seconds of an English age: "8 s ago", "40 min ago". */
function seconds(age: string): number {
  const [, count, unit = ''] = /(\d+) (s|min)/.exec(age) ?? [];
  return Number(count) * (unit === 'min' ? 60 : 1);
}
const agesOf = async (page: Page): Promise<number[]> =>
  (await page.locator('.ag, .who .age').allTextContents())
    .filter((text) => text.includes('ago'))
    .map(seconds);

/** Word, shape and colour by which a card tells its state. */
const looks = (page: Page, id: string) =>
  card(page, id)
    .locator('.st')
    .evaluate((element) => ({
      word: element.textContent,
      shape: element.querySelector('path')?.getAttribute('d'),
      colour: getComputedStyle(element).color,
    }));

export function freshnessCases(bench: () => Bench): void {
  describe('freshness', () => {
    test.concurrent('a device that is stopped turns late and lost at the stated times and keeps its last value', async () => {
      await bench().visit({}, async ({ page, fixture }) => {
        const { site, now, ahead } = fixture;
        const value = await card(page, 'd1').locator('.ld > b').textContent();
        site.stop('d1');
        const { time } = site.view('d1');
        // 27 s and half of it, then five times 27 s.
        const steps = [
          [35, 'fresh'],
          [41.5, 'late'],
          [133, 'late'],
          [136, 'lost'],
        ] as const;
        const seen = [];
        for (const [age, state] of steps) {
          ahead(time + age * 1000 - now());
          await eventually(
            () => stateOf(page, 'd1'),
            (found) => expect(found).toBe(state),
          );
          seen.push(await looks(page, 'd1'));
        }
        const [fresh, late, , lost] = seen;
        expect([fresh?.word, late?.word, lost?.word]).toEqual(['Fresh', 'Late', 'Lost']);
        expect(new Set([fresh?.shape, late?.shape, lost?.shape]).size).toBe(3);
        expect(new Set([fresh?.colour, late?.colour, lost?.colour]).size).toBe(3);
        expect(await card(page, 'd1').locator('.ld > b').textContent()).toBe(value);
        expect(await card(page, 'd1').locator('.at').textContent()).toBe('at 14:25');
        expect(await card(page, 'd1').locator('.ctl').textContent()).toContain('since 14:25');
        const attention = page.locator('.att li', { hasText: 'roof-array is lost' });
        await attention.waitFor();
        site.resume('d1');
        ahead(1000);
        await eventually(
          () => stateOf(page, 'd1'),
          (found) => expect(found).toBe('fresh'),
        );
        await attention.waitFor({ state: 'detached' });
      });
    });

    test.concurrent('the charge is that of a battery that speaks, and of a lost one only grey, with its time', async () => {
      await bench().visit({}, async ({ page, fixture: { site, ahead } }) => {
        const foot = page.locator('.soc .foot .push');
        await foot.getByText('house-shunt').waitFor();
        const grey = () => page.locator('.soc .pc').evaluate((number) => getComputedStyle(number).color);
        const ink = await grey();
        site.stop('d2');
        ahead(5 * 60_000);
        await foot.getByText(/^(battery-|ridge-battery)/).waitFor();
        expect(await grey()).toBe(ink);
        for (const id of site.ids()) site.stop(id);
        ahead(60 * 60_000);
        await page.locator('.soc .at', { hasText: /^at \d\d:\d\d$/ }).waitFor();
        expect(await grey()).not.toBe(ink);
      });
    });

    test.concurrent('a sleeping agent is asleep until its time, late after one missed waking, lost after two', async () => {
      await bench().visit({}, async ({ page, fixture: { site, now, ahead } }) => {
        site.stop('d7');
        const { time } = site.view('d7');
        const steps = [
          [20, 'sleeping'],
          [21.9, 'sleeping'],
          [22.2, 'late'],
          [41.9, 'late'],
          [42.2, 'lost'],
        ] as const;
        for (const [minutes, state] of steps) {
          ahead(time + minutes * 60_000 - now());
          await eventually(
            () => stateOf(page, 'd7'),
            (found) => expect(found).toBe(state),
          );
        }
      });
    });

    test.concurrent('when nothing is heard for 15 s every number is as of then, and ages go on', async () => {
      const expected = /ERR_|Failed to load/;
      await bench().visit({ stoppedClock: true, expected }, async ({ page, fixture }) => {
        await settled(page, fixture);
        await page.clock.runFor(1000);
        const before = await agesOf(page);
        fixture.cut();
        await page.clock.runFor(15_000);
        expect(await page.locator('.live').textContent()).toBe(
          'Bridge not reached since 14:26, trying again',
        );
        const states = await page
          .locator('.dev')
          .evaluateAll((cards) => cards.map((each) => each.dataset.state));
        expect(new Set(states)).toEqual(new Set(['cut', 'lost']));
        expect(await card(page, 'd1').locator('.st').textContent()).toBe('As of 14:26');
        const colour = (selector: string) =>
          page
            .locator(selector)
            .first()
            .evaluate((element) => getComputedStyle(element).color);
        const grey = await colour('.ctl');
        for (const number of ['.node .val', '.pc', '.ld > b', '.vs dd'])
          expect(await colour(number)).toBe(grey);
        await page.clock.runFor(60_000);
        const after = await agesOf(page);
        expect(after.length).toBeGreaterThan(8);
        for (const [index, age] of after.slice(0, 4).entries())
          expect(age).toBeGreaterThanOrEqual((before[index] ?? 0) + 60);

        fixture.restore();
        await page.clock.runFor(2000);
        await page.locator('[data-link=live]').waitFor();
        await eventually(
          () => stateOf(page, 'd1'),
          (found) => expect(found).toBe('fresh'),
        );
      });
    });

    test.concurrent('back from a cut the page is live within 2 s, without a reload and with no older value', async () => {
      const expected = /ERR_|Failed to load/;
      await bench().visit({ expected, stoppedClock: true }, async ({ page, fixture }) => {
        await page.evaluate(() => Object.assign(window, { loadedOnce: true }));
        const clock = () => page.evaluate(() => performance.now());
        // The page's clock goes as the test says, the bridge's by itself.
        const drift = async (): Promise<number> => (await clock()) - fixture.now();
        const before = await drift();
        fixture.cut();
        const again = async (): Promise<number> => {
          await page.clock.runFor(1000);
          return fixture.asked().filter((path) => path === '/api/events').length;
        };
        await eventually(again, (found) => expect(found).toBeGreaterThan(3));
        const { time } = fixture.site.view('d1');
        const restored = await clock();
        fixture.restore();
        const streams = async (): Promise<number> => {
          await page.clock.runFor(50);
          return fixture.streams();
        };
        await eventually(streams, (found) => expect(found).toBe(1));
        expect((await clock()) - restored).toBeLessThanOrEqual(2000);
        await page.locator('[data-link=live]').waitFor();
        await settled(page, fixture);
        await page.clock.runFor(1000);
        expect(await page.evaluate(() => 'loadedOnce' in window)).toBe(true);
        const age = seconds((await card(page, 'd1').locator('.ag').textContent()) ?? '');
        expect(age).toBeLessThanOrEqual((fixture.now() - time + (await drift()) - before) / 1000);
      });
    });

    test.concurrent('a reload changes no age by more than a second', async () => {
      await bench().visit({}, async ({ page, fixture }) => {
        await settled(page, fixture);
        const ages = async () => ({ at: fixture.now() / 1000, ages: await agesOf(page) });
        const before = await ages();
        await page.reload();
        await page.locator('[data-link=live]').waitFor();
        const after = await ages();
        const passed = after.at - before.at;
        expect(after.ages.length).toBe(before.ages.length);
        for (const [index, age] of after.ages.entries()) {
          const was = before.ages[index] ?? 0;
          // In minutes an age shows nothing of a few seconds.
          expect(Math.abs(age - was - (was < 120 ? passed : 0))).toBeLessThanOrEqual(was < 120 ? 2 : 60);
        }
      });
    });

    test.concurrent('a reading that is delivered 40 min late shows 40 min, not now', async () => {
      await bench().visit({ address: '#/device/d1' }, async ({ page, fixture: { site, beat } }) => {
        site.stop('d1');
        site.deliverLate('d1', 40 * 60_000);
        beat();
        await page.reload();
        const last = page.locator('.contract .age');
        await eventually(
          () => last.textContent(),
          (found) => expect(found).toBe('40 min ago'),
        );
        expect(await page.locator('[data-field=pv_power] .age').textContent()).toBe('40 min');
        await page.locator('.crumb').click();
        await eventually(
          () => card(page, 'd1').locator('.ctl').textContent(),
          (found) => expect(found).toContain('since 13:4'),
        );
      });
    });

    test.concurrent('a time of yesterday has its date, also on what nothing new is heard of', async () => {
      await bench().visit({}, async (visit) => {
        const { page, fixture } = visit;
        await settled(page, fixture);
        const texts = () =>
          page.locator('.dev[data-device=d6] .at, .dev[data-device=d6] .ag, .att p').allTextContents();
        expect(await texts()).toEqual(['Silent since 11:52', 'at 11:52', 'since 11:52']);
        fixture.ahead(12 * 3600_000);
        await eventually(texts, (found) =>
          expect(found.filter((text) => /ince 9 Jun, 11:52$|at 9 Jun, 11:52$/.test(text))).toHaveLength(3),
        );
        await goTo(visit, '#/device/d6');
        expect(await page.locator('.reading').first().textContent()).toMatch(/^at 9 Jun, 11:5\d /);
      });
    });

    test.concurrent('a value that is read less often than its device carries its own age', async () => {
      await bench().visit({ address: '#/device/d1' }, async ({ page, fixture: { ahead } }) => {
        const age = async (field: string) =>
          seconds((await page.locator(`tr[data-field=${field}] .age`).textContent()) ?? '');
        await page.locator('tr[data-field=pv_energy_total]').waitFor();
        // One more reading, without the total, which comes with every twelfth.
        ahead(26_000);
        await eventually(
          () => age('pv_energy_total'),
          (found) => expect(found).toBeGreaterThanOrEqual(25),
        );
        expect(await age('pv_power')).toBeLessThan(5);
      });
    });

    test.concurrent('a device that has been silent for a month is folded away, not gone', async () => {
      const { packOf } = await import('../fixture/devices.ts');
      const month = 31 * 24 * 3600;
      const devices = [packOf('a', 'alive', {}), packOf('b', 'gone', { silentFor: month })];
      await bench().visit({ fixture: { devices } }, async ({ page }) => {
        expect(await page.locator('.devs .dev:visible').count()).toBe(1);
        await page.locator('summary', { hasText: 'Silent for more than 30 days: 1' }).click();
        await card(page, 'b').waitFor();
      });
    });
  });
}
