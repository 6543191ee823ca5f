// A bridge made of cardboard for the page's tests: the HTTP shapes of web/api.ts over a made-up site, with the strictest
// content policy, and handles to stop devices, cut the event stream, empty the store and move the clock.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import type { EventViews } from '../../src/web/api.ts';
import { type Answers, createAnswers } from './fixture/answers.ts';
import { type FixtureDevice, siteDevices } from './fixture/devices.ts';
import { beginning, createSite, type Site } from './fixture/site.ts';

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** As the bridge sends it. */
const policy =
  "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'";
/** The fixture looks at its clock so often. */
const stepMs = 200;
const heartbeatMs = 5000;

export interface Fixture {
  readonly url: string;
  readonly site: Site;
  readonly now: () => number;
  /** Moves the fixture's clock ahead, ms, and tells the pages at once. */
  readonly ahead: (ms: number) => void;
  /** Sends what became due, and a heartbeat. */
  readonly beat: () => void;
  /** Breaks the event streams and refuses every call until `restore`. */
  readonly cut: () => void;
  readonly restore: () => void;
  /** What the next answers are. */
  readonly answers: Answers;
  /** Paths with queries asked for since the last call of `forget`. */
  readonly asked: () => readonly string[];
  readonly forget: () => void;
  readonly streams: () => number;
  readonly close: () => Promise<void>;
}

export interface FixtureOptions {
  readonly devices?: readonly FixtureDevice[];
  /** What the user "owner" must sign in with. */
  readonly password?: string;
}

export async function startFixture(pageDir: string, options: FixtureOptions = {}): Promise<Fixture> {
  const started = performance.now();
  let shift = 0;
  let isCut = false;
  let isLocked = options.password !== undefined;
  const open = (): void => {
    isLocked = false;
    answers.signIn('owner');
  };
  const now = (): number => Math.round(beginning + shift + performance.now() - started);
  const site = createSite(options.devices ?? siteDevices, now);
  const answers = createAnswers(site, now);
  const streams = new Set<ServerResponse>();
  const asked: string[] = [];
  const tell = <Name extends keyof EventViews>(name: Name, view: EventViews[Name]): void => {
    for (const stream of streams) stream.write(`event: ${name}\ndata: ${JSON.stringify(view)}\n\n`);
  };
  const step = (): void => {
    const { readings, states, alarms } = site.advance();
    for (const id of readings) tell('reading', { now: now(), device: site.view(id) });
    for (const id of states) tell('state', { now: now(), id, state: site.view(id).state });
    for (const alarm of alarms) tell('alarm', { now: now(), alarm });
  };
  const heartbeat = (): void => tell('heartbeat', { now: now() });
  const beat = (): void => {
    step();
    heartbeat();
  };
  site.advance();
  const timers = [setInterval(step, stepMs), setInterval(heartbeat, heartbeatMs)];
  const server = createServer((request, response) => {
    const { pathname, searchParams, search } = new URL(request.url ?? '/', 'http://fixture');
    asked.push(pathname + search);
    if (isCut) request.socket.destroy();
    else if (isLocked && pathname.startsWith('/api/')) void answerLocked(request, response, options, open);
    else if (pathname === '/api/session/end') {
      isLocked = true;
      sendJson(response, { user: null, may_read: false });
    } else if (pathname.endsWith('/stay_awake')) void answerAwake(request, response, answers, now());
    else if (pathname === '/api/events') openStream(request, response, streams, now());
    else if (pathname.startsWith('/api/')) sendJson(response, answers.to(pathname, searchParams));
    else void sendFile(response, pageDir, pathname);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
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
    answers,
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

/** Nothing but the session: open to the right password, closed to all others. */
async function answerLocked(
  request: IncomingMessage,
  response: ServerResponse,
  { password }: FixtureOptions,
  open: () => void,
): Promise<void> {
  if (request.url === '/api/session' && request.method === 'GET')
    return sendJson(response, { user: null, may_read: false });
  const given = request.method === 'POST' ? JSON.parse(await text(request)) : {};
  if (given.name === 'owner' && given.password === password) {
    open();
    return sendJson(response, { user: 'owner', may_read: true });
  }
  response.writeHead(401, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { code: 'sign_in', message: 'no' } }));
}

async function answerAwake(
  request: IncomingMessage,
  response: ServerResponse,
  { awake, refusalOfAwake }: Answers,
  now: number,
): Promise<void> {
  const status = refusalOfAwake();
  if (status !== undefined) return void response.writeHead(status).end('{}');
  const { minutes } = JSON.parse(await text(request));
  awake.push({ path: request.url ?? '', minutes });
  sendJson(response, { until: now + minutes * 60_000 });
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
