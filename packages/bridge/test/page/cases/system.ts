// The system view: the ledger closes or says where it does not; agents, sinks, broker, storage and health.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { StatusView } from '../../../src/web/api.ts';
import { type Bench, settled } from '../bench.ts';
import { beginning } from '../fixture/site.ts';
import { wellStatus } from '../fixture/status.ts';
import { paleTexts, sidewaysBy } from '../probes.ts';

const minute = 60_000;
const agents: StatusView['agents'] = [
  {
    ...{ name: 'barn', state: 'online', version: '0.1.0', heard: beginning - 4_000 },
    ...{ outbox: { readings: 0, bytes: 0 }, devices: [], in_reach: [] },
  },
  {
    ...{ name: 'ridge', state: 'sleeping', version: '0.1.0', heard: beginning - 4 * minute },
    ...{ next_due: beginning + 14 * minute, devices: [], in_reach: [] },
    outbox: { readings: 3, bytes: 700, oldest: beginning - 6 * minute },
  },
];
const { accounts } = wellStatus(beginning);
const withGap: StatusView['accounts'] = {
  ...accounts,
  agents: [{ agent: 'barn', counted: 10_808, arrived: 10_801, given_up: 2, missing: 5 }],
  missing: [
    { device: 'd1', name: 'roof', topic: 'victron/solar_charger/roof', agent: 'barn', stream: 'a', count: 5 },
  ],
};

const rowTexts = (page: Page, hop: string) =>
  page.locator(`.ledger tr[data-hop=${hop}]`).first().locator('th, td').allTextContents();

export function systemCases(bench: () => Bench): void {
  describe('system', () => {
    test.concurrent('every hop closes: in = delivered + waiting + rejected, and why', async () => {
      await bench().visit({ address: '#/system' }, async ({ page }) => {
        await page.locator('.verdict', { hasText: 'Nothing is missing' }).waitFor();
        expect(await rowTexts(page, 'log')).toEqual([
          'Broker → log',
          ...['10,887and 34 repeats and words of agents', '10,882', '0', '5'],
          '4 far future · 1 with the identity of another',
        ]);
        expect(await rowTexts(page, 'sink')).toEqual([
          ...['Log → home', '10,882', '10,862', '18', '2', 'field type conflict: state is a float there'],
        ]);
        expect((await rowTexts(page, 'tiers')).slice(1, 5)).toEqual(['10,882', '10,870', '12', '0']);
        expect(await page.locator('.ledger tr[data-open]').count()).toBe(0);
        expect(await page.locator('.sum').textContent()).toBe(
          '10,921received=10,882stored+12repeats+22words of agents+5set aside',
        );
      });
    });

    test.concurrent('a gap is named by its device until it closes; a sum that does not close says by how much', async () => {
      await bench().visit({ address: '#/system', stoppedClock: true }, async ({ page, fixture }) => {
        await page.clock.runFor(1_000);
        await page.locator('.verdict', { hasText: 'Nothing is missing' }).waitFor();
        fixture.answers.changeStatus({ accounts: withGap });
        await page.clock.runFor(6_000);
        await page.locator('.verdict.bad', { hasText: '5 readings missing' }).waitFor();
        expect((await rowTexts(page, 'agent')).slice(1)).toEqual([
          ...['10,808', '10,801', '5', '2', 'roof: 5 not come yet · 2 given up by the agent'],
        ]);
        fixture.answers.changeStatus({ accounts: { ...accounts, received: accounts.received + 7 } });
        await page.clock.runFor(6_000);
        await page.locator('.verdict.bad', { hasText: '1 sums do not close' }).waitFor();
        expect((await rowTexts(page, 'log')).at(-1)).toMatch(/^7 missing /);
        expect(await page.locator('tr[data-open]').getAttribute('data-hop')).toBe('log');
        fixture.answers.changeStatus({ accounts });
        await page.clock.runFor(6_000);
        await page.locator('.verdict', { hasText: 'Nothing is missing' }).waitFor();
      });
    });

    test.concurrent('agents, sinks and health say their state in words', async () => {
      await bench().visit({ address: '#/' }, async ({ page, fixture }) => {
        const [sink] = wellStatus(beginning).sinks;
        if (sink === undefined) throw new Error('Expected a sink in the fixture');
        const readings = { ...sink.readings, delivered: 10_762, skipped: 100 };
        const problem = 'InfluxDB at http://data:8086 does not answer.';
        fixture.answers.changeStatus({
          ...{ agents, not_ready: ['The store refused to write: disk full'] },
          sinks: [{ ...sink, readings, state: 'waiting', problem }],
          broker: { kind: 'external', address: 'data:1883', connected: false, problem: 'connection lost' },
        });
        await page.keyboard.press('3');
        await page.locator('.sys .inl').first().waitFor();
        await settled(page, fixture);
        const cells = (name: string) =>
          page
            .locator('section', { has: page.locator(`#${name}`) })
            .locator('tbody tr')
            .allTextContents();
        expect(await cells('agents')).toEqual(
          [
            'barn0 devices · 0.1.0Online0always on4 s ago',
            'ridge0 devices · 0.1.0Asleep3oldest 14:2014:404 min ago',
          ].map((text) => expect.stringMatching(new RegExp(text.replace(/\d+ (s|min) ago/, '\\d+ $1 ago')))),
        );
        expect(await cells('sinks')).toEqual([expect.stringContaining('Waits for it')]);
        expect((await rowTexts(page, 'sink')).at(-1)).toContain(problem);
        expect((await rowTexts(page, 'sink')).slice(1, 3)).toEqual([
          '10,782and 100 before it was added',
          '10,762',
        ]);
        const health = page.locator('section', { has: page.locator('#health') });
        expect(await health.locator('.verdict').textContent()).toBe('Not ready');
        expect(await health.locator('.warn b').allTextContents()).toEqual(['Log', 'Broker']);
        expect(await page.locator('nav [aria-current]').textContent()).toBe('System');
      });
    });

    const widths = (['desktop', 'phone', 'kiosk'] as const).flatMap((size) =>
      ['en', 'ja', 'af'].map((lang) => ({ size, lang })),
    );
    test.concurrent.each(widths)('fits its width in its language: $size, $lang', async ({ size, lang }) => {
      const address = `?lang=${lang}${size === 'kiosk' ? '&kiosk' : ''}#/system`;
      await bench().visit({ size, address }, async ({ page, fixture }) => {
        fixture.answers.changeStatus({ agents, accounts: withGap });
        await page.reload();
        await page.locator('.ledger tbody tr').first().waitFor();
        await settled(page, fixture);
        expect(await page.evaluate(sidewaysBy)).toBe(0);
        expect(await page.evaluate(paleTexts)).toEqual([]);
      });
    });

    test.concurrent('that the accounts could not be read is said, and what was known stays', async () => {
      const options = { address: '#/system', stoppedClock: true, expected: /500/ };
      await bench().visit(options, async ({ page, fixture }) => {
        await page.clock.runFor(1_000);
        await page.locator('.ledger').waitFor();
        fixture.answers.failStatus(true);
        await page.clock.runFor(6_000);
        await page.locator('p', { hasText: 'could not be read' }).waitFor();
        expect(await page.locator('.ledger').count()).toBe(1);
      });
    });
  });
}
