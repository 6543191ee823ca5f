// A bridge made of cardboard for the page's tests: the HTTP shapes of web/api.ts over a made-up site, with the strictest
// content policy, and handles to stop devices, cut the event stream, empty the store and move the clock.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { EventViews, SiteView } from '../../src/web/api.ts';
import { type FixtureDevice, siteDevices } from './fixture/devices.ts';
import { type History, seriesOf } from './fixture/series.ts';
import { beginning, createSite, type Site } from './fixture/site.ts';

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

const policy = "default-src 'self'";
/** The fixture looks at its clock so often. */
const stepMs = 200;
const heartbeatMs = 5000;
const yearMs = 365 * 86_400_000;

export interface Fixture {
  readonly url: string;
  readonly site: Site;
  readonly now: () => number;
  /** Moves the fixture's clock ahead, ms, and tells the pages at once. */
  readonly ahead: (ms: number) => void;
  /** Sends readings and states that became due, and a heartbeat. */
  readonly beat: () => void;
  /** Breaks the event streams and refuses every call until `restore`. */
  readonly cut: () => void;
  readonly restore: () => void;
  /** Answers to every series with 500 until called with false. */
  readonly failSeries: (fails: boolean) => void;
  readonly replaceSite: (change: Partial<SiteView>) => void;
  /** Paths with queries asked for since the last call of `forget`. */
  readonly asked: () => readonly string[];
  readonly forget: () => void;
  readonly streams: () => number;
  readonly close: () => Promise<void>;
}

interface Options {
  readonly devices?: readonly FixtureDevice[];
  readonly history?: Partial<History>;
  /** Whether time passes by itself. */
  readonly runs?: boolean;
}

export async function startFixture(pageDir: string, options: Options = {}): Promise<Fixture> {
  const { devices = siteDevices, history = {}, runs = true } = options;
  const started = performance.now();
  let shift = 0;
  const now = (): number => Math.round(beginning + shift + (runs ? performance.now() - started : 0));
  const site = createSite(devices, now);
  const streams = new Set<ServerResponse>();
  const asked: string[] = [];
  let isCut = false;
  let seriesFail = false;
  let siteChange: Partial<SiteView> = {};

  const tell = <Name extends keyof EventViews>(name: Name, view: EventViews[Name]): void => {
    for (const stream of streams) stream.write(`event: ${name}\ndata: ${JSON.stringify(view)}\n\n`);
  };
  const step = (): void => {
    const { readings, states } = site.advance();
    for (const id of readings) tell('reading', { now: now(), device: site.view(id) });
    for (const id of states) tell('state', { now: now(), id, state: site.view(id).state });
    if (states.length > 0) for (const alarm of site.alarms()) tell('alarm', { now: now(), alarm });
  };
  const heartbeat = (): void => tell('heartbeat', { now: now() });
  const beat = (): void => {
    step();
    heartbeat();
  };
  site.advance();
  const timers = [setInterval(step, stepMs), setInterval(heartbeat, heartbeatMs)];

  const series = (query: URLSearchParams): unknown => {
    const device = site.device(query.get('device') ?? '');
    if (device === undefined) return undefined;
    const number = (name: string): number => Number(query.get(name));
    const range = { from: number('from'), to: number('to'), points: number('points') };
    const gaps: History['gaps'] = [[beginning - 18.8 * 3600_000, beginning - 17.5 * 3600_000]];
    const stored = { first: beginning - 3.25 * yearMs, last: site.lastTime(device.id), gaps, ...history };
    return seriesOf(device, { field: query.get('field') ?? '', ...range }, stored);
  };
  const answer = (path: string, query: URLSearchParams): unknown => {
    if (path === '/api/devices') return { now: now(), devices: site.ids().map(site.view) };
    if (path === '/api/site') return { ...site.siteView(), ...siteChange };
    if (path === '/api/alarms') return { now: now(), alarms: site.alarms() };
    if (path === '/api/status') return { now: now(), version: '0.1.0', agents: [] };
    if (path === '/api/series') return seriesFail ? undefined : series(query);
    return undefined;
  };

  const server = createServer((request, response) => {
    const { pathname, searchParams, search } = new URL(request.url ?? '/', 'http://fixture');
    asked.push(pathname + search);
    if (isCut) request.socket.destroy();
    else if (pathname === '/api/events') openStream(request, response, streams, now());
    else if (pathname.startsWith('/api/')) sendJson(response, answer(pathname, searchParams));
    else void sendFile(response, pageDir, pathname);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/`,
    site,
    now,
    ahead: (ms) => {
      shift += ms;
      beat();
    },
    beat,
    cut: () => {
      isCut = true;
      for (const stream of streams) stream.destroy();
    },
    restore: () => {
      isCut = false;
    },
    failSeries: (fails) => {
      seriesFail = fails;
    },
    replaceSite: (change) => {
      siteChange = change;
    },
    asked: () => [...asked],
    forget: () => asked.splice(0),
    streams: () => streams.size,
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function openStream(
  request: IncomingMessage,
  response: ServerResponse,
  streams: Set<ServerResponse>,
  now: number,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(`event: heartbeat\ndata: ${JSON.stringify({ now })}\n\n`);
  streams.add(response);
  request.on('close', () => streams.delete(response));
}

function sendJson(response: ServerResponse, body: unknown): void {
  const found = body !== undefined;
  response.writeHead(found ? 200 : 500, { 'content-type': 'application/json' });
  response.end(JSON.stringify(found ? body : { error: { code: 'unknown', message: 'Made to fail' } }));
}

async function sendFile(response: ServerResponse, dir: string, path: string): Promise<void> {
  const name = path === '/' ? 'index.html' : normalize(path).replace(/^[/.]+/, '');
  try {
    const file = await readFile(join(dir, name));
    response.writeHead(200, {
      'content-type': types[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': policy,
    });
    response.end(file);
  } catch {
    response.writeHead(404).end();
  }
}
