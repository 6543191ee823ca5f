// The web on a free port over an in-memory log, with a clock that the test moves.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alarmSchema, openAlarmHistory } from '../src/live/alarm-history.ts';
import { followLog } from '../src/live/live.ts';
import { openStore } from '../src/store.ts';
import type { Queries } from '../src/web/queries.ts';
import { createWeb, type WebParts } from '../src/web/server.ts';
import { openSessions, sessionSchema } from '../src/web/sessions.ts';
import { inMemoryLog } from './in-memory-log.ts';

export const noHistory: Queries = {
  series: async () => ({ tier: 'raw', everySeconds: 0, points: [] }),
  increase: async () => null,
  exportHistory: async function* () {},
  tiers: ['2m', '1d'],
};

const nobody: WebParts['users'] = {
  find: () => undefined,
  signIn: async () => ({ is: 'unknown' }),
  onChange: () => undefined,
  turnedAway: () => 0,
  close: () => undefined,
};

const dayMs = 86_400_000;
const utcDays = {
  start: (timeMs: number) => Math.floor(timeMs / dayMs) * dayMs,
  date: (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10),
  range: (date: string) => ({ startMs: Date.parse(date), endMs: Date.parse(date) + dayMs }),
};

export async function openWeb(changes: Partial<WebParts> = {}) {
  const clock = { nowMs: 1_700_000_000_000 };
  const log = inMemoryLog();
  const folder = mkdtempSync(join(tmpdir(), 'wattline-web-'));
  const store = openStore({ path: folder, parts: [alarmSchema, sessionSchema] });
  const fail = (error: unknown): void => {
    throw error;
  };
  const history = openAlarmHistory(store);
  const live = followLog({
    log,
    history,
    clock: () => clock.nowMs,
    onAlarmFailure: fail,
  });
  const { server, events } = await createWeb({
    live,
    log,
    history,
    clock: () => clock.nowMs,
    queries: noHistory,
    site: { name: 'Cabin', timezone: 'UTC' },
    days: utcDays,
    waiting: () => 0,
    tiers: () => ({ cursor: log.accounts().stored, behind: 0, missed: 0 }),
    version: '1.2.3',
    startedMs: clock.nowMs,
    broker: () => ({ kind: 'embedded', address: '127.0.0.1:1883', connected: true }),
    sinks: () => [],
    alerts: () => [],
    replays: [],
    storage: () => ({ bytes: 4_096, bytes_max: 1e9, schema: {}, tiers: [] }),
    notReady: () => [],
    stayAwake: async () => {},
    readmit: async () => [],
    changeDevice: async () => [],
    hosts: [],
    users: nobody,
    sessions: openSessions({ store, findUser: () => undefined, clock: () => clock.nowMs }),
    allowsAnonymous: false,
    page: undefined,
    onFailure: fail,
    ...changes,
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    log,
    clock,
    live,
    server,
    events,
    json: async (path: string) => {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, body: jsonOf(await response.text()) };
    },
    close: async () => {
      await server.close();
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

// Tests look into answers of any shape: what is missing there fails their expectations.
const jsonOf = (text: string) => JSON.parse(text);

/** Events of a stream as they come; ends with the stream. */
export async function* eventsOf(url: string, signal: AbortSignal) {
  const response = await fetch(`${url}/api/events`, { signal });
  let rest = '';
  for await (const chunk of response.body ?? []) {
    rest += Buffer.from(chunk).toString();
    const events = rest.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const match = /^event: (.*)\ndata: (.*)$/s.exec(event);
      if (match) yield { name: match[1] ?? '', data: JSON.parse(match[2] ?? 'null') };
    }
  }
}
