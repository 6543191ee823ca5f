import { describe, expect, test } from 'vitest';
import { forgetTold } from '../src/alerts/notebook.ts';
import { checkAccounts } from '../src/web/accounts.ts';
import { minute, openAlertSite, receiver } from './alerts-rig.ts';

const settled = (site: ReturnType<typeof openAlertSite>, sent: number) =>
  expect.poll(() => site.alerts.view()[0], { interval: 5 }).toMatchObject({ sent, pending: 0 });

describe('a webhook', () => {
  test('gets one message when a trouble has lasted and one when it is over', async () => {
    const hook = await receiver();
    const site = openAlertSite(hook.url);
    const id = site.alarm('faults.hot');
    site.nowMs = 5 * minute;
    await settled(site, 1);
    site.end(id, 8 * minute);
    site.nowMs = 13 * minute;
    await settled(site, 2);
    const about = {
      ...{ id: 'bank-1/faults.hot/0', device: 'bank-1', name: 'bank', code: 'faults.hot', text: 'Hot' },
      ...{ level: 'alarm', since: 0, site: 'Cabin' },
    };
    expect(hook.posted).toEqual(
      [
        { event: 'begin', until: null, ...about },
        { event: 'end', until: 8 * minute, ...about },
      ].map((body) => ({ body, path: 'POST /hook/path-is-a-password', type: 'application/json' })),
    );
    expect(site.reports).toEqual([]);
  });

  test('that is away gets everything when it is back, in order and once; it is said once, without its path', async () => {
    const hook = await receiver();
    hook.state.answer = (request) => [503, 302, 404, 200, 500][request - 1] ?? 200;
    const site = openAlertSite(hook.url);
    for (const code of ['a', 'b', 'c']) site.alarm(code);
    site.nowMs = 5 * minute;
    await settled(site, 3);
    expect(hook.events()).toEqual(['begin a', 'begin b', 'begin c']);
    const [first, second, third] = [hook.keys[0], hook.keys[4], hook.keys[6]];
    expect(hook.keys).toEqual([first, first, first, first, second, second, third]);
    expect(new Set([first, second, third, undefined]).size).toBe(4);
    const { origin } = new URL(hook.url);
    const wait = 'They wait, and it is tried again.';
    expect(site.reports).toEqual([
      `Alerts by webhook: ${origin} answers 503. ${wait}`,
      `Alerts by webhook: ${origin} answers 302. Is alerts.webhook right? ${wait}`,
      `Alerts by webhook: ${origin} answers 404. Is alerts.webhook right? ${wait}`,
      'Alerts by webhook: they go out again.',
      `Alerts by webhook: ${origin} answers 500. ${wait}`,
      'Alerts by webhook: they go out again.',
    ]);
  });

  test('tells a repetition by its key, whatever the trouble is called', async () => {
    const hook = await receiver();
    const site = openAlertSite(hook.url);
    const id = site.alarm('Überlast \ud800 過負荷');
    site.nowMs = 5 * minute;
    await settled(site, 1);
    site.end(id, 8 * minute);
    site.nowMs = 13 * minute;
    await settled(site, 2);
    expect(hook.keys.every((key) => /^[0-9a-f]{32}$/.test(String(key)))).toBe(true);
    expect(new Set(hook.keys).size).toBe(2);
  });

  test('that is not there is named without its path', async () => {
    const site = openAlertSite('http://127.0.0.1:1/path-is-a-password');
    site.alarm('a');
    site.nowMs = 5 * minute;
    await expect.poll(() => site.alerts.view()[0]?.problem).toMatch(/127\.0\.0\.1:1 does not answer \(.+\)/);
    expect(site.reports.join()).not.toContain('password');
  });

  test('that declines one message gets the next; the declined is counted and said', async () => {
    const hook = await receiver();
    hook.state.answer = (request) => (request === 1 ? 422 : 200);
    const site = openAlertSite(hook.url);
    site.alarm('a');
    site.alarm('b');
    site.nowMs = 5 * minute;
    await settled(site, 1);
    expect(hook.events()).toEqual(['begin b']);
    expect(site.alerts.view()[0]).toMatchObject({ queued: 2, sent: 1, refused: 1, dropped: 0 });
    expect(site.reports[0]).toMatch(/bank-1\/a\/0 was declined and is given up\. .* answers 422/);
  });
});

describe('a restart', () => {
  test('repeats nothing that was told and loses nothing that was not', async () => {
    const hook = await receiver();
    const site = openAlertSite(hook.url);
    const hot = site.alarm('hot');
    site.nowMs = 5 * minute;
    await settled(site, 1);
    await site.restart();
    hook.state.answer = () => undefined;
    site.alarm('cold', { since: 0 });
    await expect.poll(() => site.alerts.view()[0]?.pending).toBe(1);
    await site.restart();
    site.end(hot, 6 * minute);
    site.nowMs = 11 * minute;
    await expect.poll(() => site.alerts.view()[0]?.pending).toBe(2);
    hook.state.answer = () => 200;
    await site.restart();
    await settled(site, 3);
    expect(hook.events()).toEqual(['begin hot', 'begin cold', 'end hot']);
  });

  test('does not forget what had lasted and ended meanwhile, nor tell what ended before alerts were wanted', async () => {
    const hook = await receiver();
    const site = openAlertSite(hook.url);
    site.end(site.alarm('old'), 0);
    const open = site.alarm('short');
    site.nowMs = 4 * minute;
    await site.alerts.stop();
    site.end(open, 6 * minute);
    site.end(site.alarm('between', { since: 4 * minute }), 20 * minute);
    site.nowMs = 30 * minute;
    await site.restart();
    await settled(site, 4);
    expect(hook.events().sort()).toEqual(['begin between', 'begin short', 'end between', 'end short']);
    await site.alerts.stop();
    forgetTold(site.store);
    site.end(site.alarm('unwanted', { since: 0 }), 20 * minute);
    site.alarm('stands', { since: 0 });
    await site.restart();
    await settled(site, 5);
    expect(hook.events().at(-1)).toBe('begin stands');
  });
});

test('more than ten thousand that wait cost the oldest, counted and said', async () => {
  const hook = await receiver();
  hook.state.answer = () => undefined;
  const site = openAlertSite(hook.url);
  site.history.together(() => {
    for (let index = 0; index < 10_002; index++) site.alarm(`c${index}`);
  });
  site.nowMs = 5 * minute;
  await expect
    .poll(() => site.alerts.view()[0], { timeout: 10_000 })
    .toMatchObject({ pending: 10_000, dropped: 2 });
  expect(site.reports.join()).toContain('the 2 oldest were given up');
  const nothing = { waiting: 0, missing: [], agents: [], held: 0, moved: 0, expired: 0, aside: {}, state: 0 };
  const accounts = { ...nothing, received: 0, stored: 0, duplicate: 0, conflict: 0 };
  const tiers = { merged: 0, pending: 0, missed: 0 };
  const status = { accounts: { ...accounts, tiers }, agents: [], sinks: [], alerts: site.alerts.view() };
  expect(checkAccounts(status)).toEqual([]);
});
