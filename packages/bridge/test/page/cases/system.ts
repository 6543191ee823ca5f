// The system view: the ledger closes or says where it does not; agents, sinks, broker, storage and health.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { StatusView } from '../../../src/web/status-views.ts';
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
const readings = { taken: 90, confirmed: 81, waiting: 3, given_up: 4, lost: 2 };
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
        const [barn] = agents;
        if (barn === undefined) throw new Error('Expected an agent');
        const waits = { ...barn, outbox: { readings: 4, bytes: 900 } };
        fixture.answers.changeStatus({ accounts: withGap, agents: [waits] });
        await page.clock.runFor(6_000);
        await page.locator('.verdict.bad', { hasText: '1 readings missing' }).waitFor();
        fixture.answers.changeStatus({ agents: [{ ...waits, outbox: { readings: 7, bytes: 900 } }] });
        await page.clock.runFor(6_000);
        await page.locator('.verdict', { hasText: 'Nothing is missing' }).waitFor();
        expect((await rowTexts(page, 'agent')).at(-1)).toBe(
          'roof: 5 not come yet · 5 still at the agent · 2 given up by the agent',
        );
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

    test.concurrent('what devices told their agents closes, and says which tell nothing', async () => {
      await bench().visit({ address: '#/' }, async ({ page, fixture }) => {
        const [barn] = agents;
        if (barn === undefined) throw new Error('Expected an agent');
        const workshop = { name: 'workshop', topic: 'jbd/battery/workshop', interval: 27, problem: 'silent' };
        fixture.answers.changeStatus({ agents: [{ ...barn, readings, devices: [workshop] }] });
        await page.keyboard.press('3');
        await page.locator('.ledger tr[data-hop=devices]').waitFor();
        expect(await rowTexts(page, 'devices')).toEqual([
          ...['Devices → agents', '90', '81', '3', '6', 'workshop: silent'],
        ]);
        expect(await page.locator('.ledger tr[data-open]').count()).toBe(0);
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
        expect(await health.locator('.warn b').allTextContents()).toEqual(['Log', 'Broker', 'Disk']);
        expect(await page.locator('nav [aria-current]').textContent()).toBe('System');
      });
    });

    test.concurrent('what a sink has still to take over, and to write once more, stands beside what waits', async () => {
      const options = { address: '#/system', stoppedClock: true };
      await bench().visit(options, async ({ page, fixture }) => {
        await page.clock.runFor(1_000);
        const row = page.locator('section', { has: page.locator('#sinks') }).locator('tbody td');
        await row.first().waitFor();
        expect((await row.allTextContents())[2]).toBe('18');
        const [sink] = wellStatus(beginning).sinks;
        if (sink === undefined) throw new Error('Expected a sink in the fixture');
        const become = async (more: Partial<StatusView['sinks'][number]>) => {
          fixture.answers.changeStatus({ sinks: [{ ...sink, ...more }] });
          await page.clock.runFor(6_000);
        };
        await become({ changes: { waiting: 2 } });
        await row.getByText('2 changed devices').waitFor();
        expect((await row.allTextContents())[2]).toBe('182 changed devices to take over');
        const problem = 'InfluxDB at http://data:8086 does not answer.';
        await become({ changes: { waiting: 1, problem } });
        await row.getByText('Waits for it').waitFor();
        expect((await row.allTextContents())[2]).toBe('181 changed devices to take over');
        expect((await rowTexts(page, 'sink')).at(-1)).toContain(problem);
        await become({ changes: { waiting: 0 } });
        await row.getByText('Writing').waitFor();
        expect((await row.allTextContents())[2]).toBe('18');
      });
    });

    test.concurrent('who is at the broker: what it may do, since when, how much of today; a left one says so', async () => {
      await bench().visit({ address: '#/system' }, async ({ page, fixture }) => {
        const broker = page.locator('section', { has: page.locator('#broker') });
        await broker.locator('tbody tr').first().waitFor();
        expect(await broker.locator('tbody tr').allTextContents()).toEqual([
          'homeassistantno user, may do everything6 Jun, 14:26110,886',
          'barnagent-barn-7f · may write readings as itself29 Apr, 14:2610,80141',
          'ridgemay write readings as itselfleft 14:229744',
        ]);
        expect(await broker.locator('header').textContent()).toBe('Brokerembedded, 127.0.0.1:1883');
        fixture.answers.changeStatus({
          broker: { kind: 'external', address: 'data:1883', connected: true, clients_not_shown: 0 },
        });
        await broker.getByText('only that broker can tell').waitFor();
        expect(await broker.locator('tbody').count()).toBe(0);
      });
    });

    test.concurrent('each tier says what it holds of what it keeps, and its size; the disk what is free', async () => {
      await bench().visit({ address: '#/system' }, async ({ page }) => {
        const storage = page.locator('section', { has: page.locator('#storage') });
        await storage.locator('tbody tr').first().waitFor();
        expect(await storage.locator('tbody tr').allTextContents()).toEqual([
          'Raw readings7 d7 d41.2\u00a0MB',
          '2 min7 d––',
          '2 h10 y3 ywhole since 9 Jun 2025, 14:2634.7\u00a0MBfull at about 108.4\u00a0MB',
          '1 dfor ever3 y400\u00a0kB',
        ]);
        expect(await storage.locator('header').textContent()).toBe(
          'Storage145\u00a0MB of at most 21.5\u00a0GB · 18.3\u00a0GB free',
        );
        const shares = await storage
          .locator('.bar')
          .evaluateAll((bars) =>
            bars.map((bar) => (bar.firstElementChild?.clientWidth ?? 0) / bar.clientWidth),
          );
        expect(shares.map((share) => Math.round(share * 100))).toEqual([100, 32]);
        const health = await page.locator('.health > div').allTextContents();
        expect(health.slice(3)).toEqual([
          'Disk18.3\u00a0GB free, the store may grow by 21.3\u00a0GB',
          'Memory96\u00a0MB',
          'Pageopen 2 times',
          'Schema of the storelog 6, tiers 2',
        ]);
        expect(await page.locator('.health .warn b').allTextContents()).toEqual(['Disk']);
      });
    });

    test.concurrent('a sleeping agent is told to stay awake at its next wake-up; what became of it is said', async () => {
      await bench().visit({ address: '#/system', expected: /403|50[03]/ }, async ({ page, fixture }) => {
        fixture.answers.changeStatus({ agents });
        await page.reload();
        const button = page.locator('.sys .btn');
        await button.waitFor();
        expect(await button.allTextContents()).toEqual(['Keep “ridge” awake at its next wake-up']);
        const said = page.locator('.sys p [role=status]');
        await button.click();
        await said.getByText(/^Told; it stays awake until 15:1\d\.$/).waitFor();
        // Due in 14 minutes, then half an hour.
        expect(fixture.answers.awake).toEqual([
          { path: '/api/agents/ridge/stay_awake', minutes: expect.toBeOneOf([43, 44, 45]) },
        ]);
        for (const [status, words] of [
          [403, 'This is for an admin, or for someone at the bridge itself.'],
          [503, 'The broker did not take the command. Try again.'],
          [500, 'The bridge did not answer. Try again.'],
        ] as const) {
          fixture.answers.refuseAwake(status);
          await button.click();
          await said.getByText(words).waitFor();
        }
      });
    });

    test.concurrent('in Japanese no word of it is English', async () => {
      await bench().visit({ address: '?lang=ja#/system' }, async ({ page, fixture }) => {
        fixture.answers.changeStatus({ agents });
        await page.reload();
        await page.locator('.ledger tbody tr').first().waitFor();
        const words = await page
          .locator('.sys h1, .sys h2, .sys thead th, .sys .verdict, .sys .btn, .sys .inl, .sys .health b')
          .allTextContents();
        expect(words.length).toBeGreaterThan(30);
        expect(words.filter((word) => /[A-Za-z]{3}/.test(word.replace('ridge', '')))).toEqual([]);
      });
    });

    const widths = (['desktop', 'phone', 'kiosk'] as const).flatMap((size) =>
      ['en', 'ja', 'af'].map((lang) => ({ size, lang })),
    );
    test.concurrent.each(widths)('fits its width in its language: $size, $lang', async ({ size, lang }) => {
      const address = `?lang=${lang}${size === 'kiosk' ? '&kiosk' : ''}#/system`;
      await bench().visit({ size, address }, async ({ page, fixture }) => {
        const sinks = wellStatus(beginning).sinks.map((sink) => ({
          ...sink,
          changes: { waiting: 1_000 },
        }));
        fixture.answers.changeStatus({ agents, sinks, accounts: withGap });
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
