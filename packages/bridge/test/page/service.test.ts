// The page of a running bridge whose broker is killed in the middle: what waits is said, and nothing is ever missing.

import { type AgentState, agentStateTopic } from '@wattline/protocols';
import { chromium, type Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { StatusView } from '../../src/web/status-views.ts';
import { openBridgeSite, publish, publisher, readingOf, roof } from '../service-rig.ts';
import { browserOptions, hasBrowser } from './browser.ts';

/** The bridge starts twice, and a busy machine takes its time. */
const timeout = 120_000;

/** Collects what the verdict of the ledger says, from now on. */
const watchVerdict = (): void => {
  const seen = new Set<string>();
  Object.assign(window, { verdicts: seen });
  new MutationObserver(() => {
    const text = document.querySelector('.ledger .verdict')?.textContent;
    if (text) seen.add(text);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
};

async function openPage(url: string): Promise<Page> {
  const browser = await chromium.launch(browserOptions());
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ locale: 'en-GB' });
  page.setDefaultTimeout(timeout);
  await page.goto(url);
  return page;
}

describe.skipIf(!hasBrowser())('the ledger on the page of a running bridge', () => {
  test('when the broker is killed mid-flow: waiting grows, missing stays 0, and all arrives', {
    timeout,
  }, async () => {
    const site = await openBridgeSite();
    const state = (waiting: number): string => {
      const nowMs = Date.now();
      const outbox = { readings: waiting, bytes: 100 * waiting };
      const said = { state: 'online', version: '0.1.0', timeMs: nowMs, outbox, evicted: [], devices: [] };
      return JSON.stringify(said satisfies AgentState);
    };
    const connect = () => publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
    const say = (client: Awaited<ReturnType<typeof connect>>, waiting: number) =>
      client.publishAsync(agentStateTopic('barn'), state(waiting), { qos: 1, retain: true });
    const readings = Array.from({ length: 30 }, (_, sequence) =>
      readingOf(sequence, Date.now() - (30 - sequence) * 10_000),
    );
    const killed = await site.start();
    const first = await connect();
    await publish(first, roof, readings.slice(0, 20));
    await say(first, 0);

    const page = await openPage(`http://127.0.0.1:${site.pagePort}/#/system`);
    const row = page.locator('.ledger tr[data-hop=agent]');
    const outbox = page.locator('td.outbox');
    await row.getByText('Agent barn').waitFor();
    await page.locator('.ledger td.delivered', { hasText: /^20$/ }).first().waitFor();
    await page.evaluate(watchVerdict);

    await killed.stop('SIGKILL');
    await page.locator('[data-link=cut]').waitFor();
    await site.start();
    const again = await connect();
    await say(again, 10);
    await outbox.getByText('10').waitFor();
    for (const count of [24, 30]) {
      const from = count === 24 ? 20 : 24;
      await publish(again, roof, readings.slice(from, count));
      await say(again, 30 - count);
      await outbox.getByText(String(30 - count), { exact: true }).waitFor();
    }
    await row.locator('td.delivered', { hasText: /^30$/ }).waitFor();
    expect(await row.locator('td').allTextContents()).toEqual(['30', '30', '0', '0', '']);
    expect(await page.locator('.ledger [data-open]').count()).toBe(0);
    expect(await page.evaluate(() => [...(Reflect.get(window, 'verdicts') as Set<string>)])).toEqual([
      'Nothing is missing',
    ]);
    const { accounts } = await site.ask<StatusView>('/api/status');
    expect(accounts).toMatchObject({ stored: 30, duplicate: 0, missing: [] });
  });
});
