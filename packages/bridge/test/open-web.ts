// The web on a free port over an in-memory log, with a clock that the test moves.

import { DatabaseSync } from 'node:sqlite';
import { openAlarmHistory } from '../src/live/alarm-history.ts';
import { followLog } from '../src/live/live.ts';
import { createWeb, type WebParts } from '../src/web/server.ts';
import { inMemoryLog } from './in-memory-log.ts';

export async function openWeb(changes: Partial<WebParts> = {}) {
  const clock = { nowMs: 1_700_000_000_000 };
  const log = inMemoryLog();
  const database = new DatabaseSync(':memory:');
  const fail = (error: unknown): void => {
    throw error;
  };
  const live = followLog({
    log,
    history: openAlarmHistory(database),
    clock: () => clock.nowMs,
    onAlarmFailure: fail,
  });
  const { server, events } = await createWeb({
    live,
    clock: () => clock.nowMs,
    hosts: [],
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
      database.close();
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
