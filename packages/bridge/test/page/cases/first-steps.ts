// An empty store: steps that check themselves off, and the overview as soon as there is something to show.

import { describe, expect, test } from 'vitest';
import type { AgentView } from '../../../src/web/api.ts';
import { type Bench, eventually } from '../bench.ts';
import { packOf } from '../fixture/devices.ts';

const agent = (lastRead?: number): AgentView => ({
  name: 'barn',
  state: 'online',
  version: '0.1.0',
  heard: 0,
  outbox: { readings: 0, bytes: 0 },
  devices: [
    {
      name: 'roof',
      topic: 'victron/solar_charger/roof',
      interval: 10,
      ...(lastRead === undefined ? {} : { last_read: lastRead }),
    },
  ],
  in_reach: [{ address: 'FA:AC:27:84:C6:6F', model: 'SmartSolar', signal_strength: -67 }],
});

export function firstStepsCases(bench: () => Bench): void {
  describe('first steps', () => {
    test.concurrent('each step turns at its event, and the first device opens the overview', async () => {
      await bench().visit(
        { fixture: { devices: [] } },
        async ({ page, fixture: { answers, site, now, beat } }) => {
          const done = () => page.locator('.steps .done').count();
          expect(await page.locator('h1').textContent()).toBe('No readings yet');
          expect(await page.locator('.live').textContent()).toBe('Waiting for the first reading');
          await eventually(done, (found) => expect(found).toBe(2));
          answers.changeStatus({ agents: [agent()] });
          await eventually(done, (found) => expect(found).toBe(3));
          expect(await page.locator('.found').textContent()).toContain('−67 dBm');
          answers.changeStatus({ agents: [agent(now())] });
          await eventually(done, (found) => expect(found).toBe(4));
          site.add(packOf('d1', 'bank', {}));
          site.deliverLate('d1', 30_000);
          beat();
          await page.locator('.dev[data-device=d1]').waitFor();
        },
      );
    });

    test.concurrent('the simulated devices are one command away', async () => {
      await bench().visit({ fixture: { devices: [] } }, async ({ page }) => {
        expect(await page.locator('.sim code').first().textContent()).toBe('npm run demo');
      });
    });
  });
}
