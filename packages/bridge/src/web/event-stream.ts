// Server-sent events: what changed, once a second; a heartbeat with the server's clock every five.

import type { ServerResponse } from 'node:http';
import type { Live } from '../live/live.ts';
import type { EventViews } from './api.ts';

const stepMs = 1_000;
const heartbeatSteps = 5;
/** Listeners at one time; a page that is refused tries again by itself. */
export const clientsMax = 64;
/** What may still wait for a listener when there is more to say; beyond it the listener is let go, and fetches anew. */
const bufferBytesMax = 1_048_576;

type Headers = { readonly [name: string]: number | string | string[] | undefined };

const streamHeaders: Headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
};

export interface EventStream {
  /** Returns false, and has done nothing, when there are too many listeners. */
  attach(client: ServerResponse, headers: Headers): boolean;
  readonly counts: { readonly clients: number; readonly dropped: number; readonly refused: number };
  /** Ends every stream; who may comes back. */
  endAll(): void;
  close(): void;
}

/** Steps the live view and tells the listeners. `close` stops the clock and ends every stream. */
export function startEventStream(live: Pick<Live, 'step' | 'devices'>, clock: () => number): EventStream {
  const clients = new Set<ServerResponse>();
  let dropped = 0;
  let refused = 0;
  let steps = 0;

  const send = (text: string): void => {
    for (const client of clients) {
      if (client.writableLength <= bufferBytesMax) {
        client.write(text);
        continue;
      }
      dropped += 1;
      clients.delete(client);
      client.destroy();
    }
  };

  const step = (): void => {
    const nowMs = clock();
    const { devices, states, alarms } = live.step(nowMs);
    steps += 1;
    if (clients.size === 0) return;
    const events: string[] = [];
    for (const id of devices) {
      const device = live.devices.view(id, nowMs);
      if (device) events.push(formatEvent('reading', { now: nowMs, device }));
    }
    for (const [id, state] of states) events.push(formatEvent('state', { now: nowMs, id, state }));
    for (const alarm of alarms) events.push(formatEvent('alarm', { now: nowMs, alarm }));
    if (steps % heartbeatSteps === 0) events.push(formatEvent('heartbeat', { now: nowMs }));
    if (events.length > 0) send(events.join(''));
  };

  const endAll = (): void => {
    for (const client of clients) client.end();
    clients.clear();
  };
  const timer = setInterval(step, stepMs);
  return {
    attach: (client, headers) => {
      if (clients.size >= clientsMax) {
        refused += 1;
        return false;
      }
      clients.add(client);
      client.on('close', () => clients.delete(client));
      for (const [name, value] of Object.entries({ ...headers, ...streamHeaders })) {
        if (value !== undefined) client.setHeader(name, value);
      }
      client.write(`retry: 2000\n\n${formatEvent('heartbeat', { now: clock() })}`);
      return true;
    },
    get counts() {
      return { clients: clients.size, dropped, refused };
    },
    endAll,
    close: () => {
      clearInterval(timer);
      endAll();
    },
  };
}

function formatEvent<Name extends keyof EventViews>(name: Name, data: EventViews[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
