// Alerts over a real store, and a real HTTP server that takes them or not.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { makeSecret } from '@wattline/program';
import { onTestFinished } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { type Alerts, type AlertsParts, startAlerts } from '../src/alerts/alerts.ts';
import { postTo } from '../src/alerts/channels.ts';
import { alertSchema } from '../src/alerts/notebook.ts';
import { alarmSchema, openAlarmHistory } from '../src/live/alarm-history.ts';
import { openStore } from '../src/store.ts';
import type { AlarmView } from '../src/web/api.ts';

export const minute = 60_000;

/** Keeps what is posted; `answer` gives the status, or `undefined` for none at all. */
export async function receiver() {
  const posted: { body: { [key: string]: unknown }; path: string; type: string | undefined }[] = [];
  const state = { answer: (_: number): number | undefined => 204 };
  /** Of every request, also of those that are not taken. */
  const keys: (string | string[] | undefined)[] = [];
  let requests = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    keys.push(request.headers['idempotency-key']);
    const status = state.answer(++requests);
    if (status === undefined) return void request.socket.destroy();
    if (status < 300) {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      posted.push({ body, path: `${request.method} ${request.url}`, type: request.headers['content-type'] });
    }
    response.writeHead(status, { location: '/elsewhere' }).end('words of the receiver');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  return {
    posted,
    keys,
    state,
    url: `http://127.0.0.1:${port}/hook/path-is-a-password`,
    events: () => posted.map(({ body }) => `${body['event']} ${body['code']}`),
    requests: () => requests,
  };
}

/** Waits of seconds take milliseconds; the clock is the test's. */
export function openAlertSite(url: string, more: Partial<AlertsParts> = {}) {
  const folder = scratchFolder();
  const reports: string[] = [];
  let nowMs = 0;
  const parts = () => {
    const store = openStore({ path: folder, parts: [alarmSchema, alertSchema] });
    const history = openAlarmHistory(store);
    return { store, history };
  };
  const alertsOn = ({ store, history }: ReturnType<typeof parts>): Alerts =>
    startAlerts({
      ...{
        store,
        history,
        holdMs: 5 * minute,
        levels: ['alarm', 'lost'],
        random: Math.random,
        lookEveryMs: 5,
      },
      channels: { webhook: postTo(makeSecret(new URL(url)), 'Cabin') },
      clock: () => nowMs,
      sleep: (ms, signal) => wait(ms / 1_000, undefined, { signal }).catch(() => undefined),
      report: (text) => reports.push(text),
      ...more,
    });
  const opened = parts();
  const site = {
    get nowMs() {
      return nowMs;
    },
    set nowMs(ms: number) {
      nowMs = ms;
    },
    reports,
    ...opened,
    alerts: alertsOn(opened),
    alarm: (code: string, change: Partial<AlarmView> = {}) =>
      site.history.add({
        ...{ device: 'bank-1', name: 'bank', code, text: 'Hot', level: 'alarm', since: nowMs, until: null },
        ...change,
      }),
    end: (id: number, until: number) => {
      const episode = site.history.episode(id);
      if (episode) site.history.change(id, { ...episode, until });
    },
    restart: async () => {
      await site.alerts.stop();
      site.store.close();
      Object.assign(site, parts());
      site.alerts = alertsOn(site);
    },
  };
  onTestFinished(async () => {
    await site.alerts.stop();
    site.store.close();
  });
  return site;
}
