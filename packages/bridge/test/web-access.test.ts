// Who may see what: users, sessions, proxies, foreign pages.

import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Users } from '../src/users/users.ts';
import { openSessions, sessionMs, sessionSchema } from '../src/web/sessions.ts';
import { openWeb } from './open-web.ts';
import { scratchStore } from './scratch-store.ts';
import { passwordOf, usersScene } from './users-rig.ts';

let users: Users;
let clock: { nowMs: number };

async function open(changes: Parameters<typeof openWeb>[0] = {}) {
  const scene = await usersScene({ wall: 'viewer', owner: 'admin', barn: 'agent' });
  ({ users, clock } = scene);
  const store = scratchStore(sessionSchema);
  const sessions = openSessions({ store, findUser: users.find, clock: () => clock.nowMs });
  const web = await openWeb({ users, sessions, ...changes });
  onTestFinished(web.close);
  return { web, store, scene };
}

let here: Awaited<ReturnType<typeof open>>;
beforeEach(async () => {
  here = await open();
});

/** From another machine, unless the headers say otherwise. */
async function ask(path: string, headers: Record<string, string> = {}, payload?: object, from = '10.0.0.7') {
  const answer = await here.web.server.inject({
    method: payload === undefined ? 'GET' : 'POST',
    url: path,
    headers: { host: '10.0.0.1:9999', ...headers },
    remoteAddress: from,
    ...(payload === undefined ? {} : { payload }),
  });
  const type = String(answer.headers['content-type']);
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: type.includes('json') ? answer.json() : {},
  };
}

const basic = (name: string, password = passwordOf(name)) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

async function signIn(name: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await ask('/api/session', headers, { name, password: passwordOf(name) });
  expect(answer.status).toBe(200);
  return String(answer.headers['set-cookie']);
}

const cookieOf = (header: string) => ({ cookie: header.split(';')[0] ?? '' });

describe('from another machine', () => {
  test('everything with data is closed, the page itself and its health are not', async () => {
    const closed = [
      '/api/site',
      '/api/devices',
      '/api/devices/x',
      '/api/status',
      '/api/alarms',
      '/api/agents',
    ];
    closed.push('/api/series', '/api/export', '/api/events', '/metrics', '/%61pi/status', '/metrics?x=1');
    for (const path of closed) {
      const { status, body } = await ask(path);
      expect([path, status, body.error?.code]).toEqual([path, 401, 'sign_in']);
    }
    for (const path of ['/', '/healthz', '/readyz', '/api/session'])
      expect((await ask(path)).status).toBe(200);
    expect((await ask('/api/agents/barn/stay_awake', {}, { minutes: 5 })).status).toBe(401);
  });

  test('why it is not ready is for users only', async () => {
    here = await open({ notReady: () => ['the disk is full'] });
    expect(await ask('/readyz')).toMatchObject({ status: 503, body: { ready: false } });
    expect((await ask('/readyz')).body.reasons).toBeUndefined();
    expect((await ask('/readyz', basic('wall'))).body.reasons).toEqual(['the disk is full']);
  });

  test('scripts come with name and password; agents have no business here', async () => {
    expect((await ask('/metrics', basic('wall'))).status).toBe(200);
    expect((await ask('/api/devices', basic('owner'))).status).toBe(200);
    expect((await ask('/api/devices', basic('barn'))).body.error.code).toBe('role');
    expect((await ask('/api/devices', basic('wall', 'no'))).status).toBe(401);
    expect((await ask('/api/devices', { authorization: 'Basic !!' })).status).toBe(401);
  });

  test('after ten wrong passwords the right one has to wait, and is told how long', async () => {
    for (let tried = 0; tried < 10; tried++)
      await ask('/api/session', {}, { name: 'owner', password: `${tried}` });
    const late = await ask('/api/session', {}, { name: 'owner', password: passwordOf('owner') });
    expect([late.status, late.body.error.code, late.headers['retry-after']]).toEqual([429, 'later', '60']);
    expect((await ask('/api/devices', basic('owner'))).status).toBe(429);
    const local = { host: 'localhost' };
    expect(
      (await ask('/api/session', local, { name: 'owner', password: passwordOf('owner') }, '127.0.0.1'))
        .status,
    ).toBe(200);
  });
});

describe('at this machine', () => {
  test('nobody has to sign in', async () => {
    expect((await ask('/api/devices', { host: 'localhost:9999' }, undefined, '127.0.0.1')).status).toBe(200);
    expect((await ask('/api/devices', { host: '[::1]:9999' }, undefined, '::1')).status).toBe(200);
  });

  test.each([
    [{ host: '10.0.0.1:9999' }, '127.0.0.1'],
    [{ host: 'localhost' }, '10.0.0.7'],
    [{ host: 'localhost', forwarded: 'for=10.0.0.7' }, '127.0.0.1'],
    [{ host: 'localhost', 'x-forwarded-for': '10.0.0.7' }, '127.0.0.1'],
    [{ host: 'localhost', 'x-forwarded-proto': 'https' }, '127.0.0.1'],
    [{ host: 'localhost', 'x-forwarded-host': 'localhost' }, '127.0.0.1'],
    [{ host: 'localhost', 'x-real-ip': '127.0.0.1' }, '127.0.0.1'],
    [{ host: 'localhost', via: '1.1 proxy' }, '127.0.0.1'],
  ])('%j from %s is not', async (headers, from) => {
    expect((await ask('/api/devices', headers, undefined, from)).status).toBe(401);
  });
});

describe('a session', () => {
  test('is a cookie that scripts and foreign pages do not get', async () => {
    const cookie = await signIn('wall');
    expect(cookie).toMatch(
      /^wattline_session=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
    );
    expect(await signIn('wall', { 'x-forwarded-proto': 'https' })).toMatch(/; Secure$/);
    expect((await ask('/api/devices', cookieOf(cookie))).status).toBe(200);
    expect((await ask('/api/session', cookieOf(cookie))).body).toEqual({ user: 'wall', may_read: true });
    const rows = here.store.database.prepare('SELECT * FROM web_session').all();
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain(cookie.slice(17, 60));
  });

  test('outlives a restart of the bridge, and not its user, its password or its time', async () => {
    const cookie = await signIn('owner');
    const token = cookie.slice(17, 60);
    const again = openSessions({ store: here.store, findUser: users.find, clock: () => clock.nowMs });
    expect(again.find(token)?.name).toBe('owner');
    const owner = users.find('owner');
    if (owner === undefined) throw new Error('owner');
    const another = openSessions({
      store: here.store,
      findUser: () => ({ ...owner, hash: `${owner.hash}x` }),
      clock: () => clock.nowMs,
    });
    expect(another.find(token)).toBeUndefined();
    clock.nowMs += sessionMs;
    expect((await ask('/api/devices', cookieOf(cookie))).status).toBe(401);
  });

  test('ends when it is ended, and another begins with a new token', async () => {
    const first = await signIn('owner');
    const second = await signIn('owner', cookieOf(first));
    expect(second).not.toBe(first);
    expect((await ask('/api/devices', cookieOf(first))).status).toBe(401);
    await ask('/api/session/end', cookieOf(second), {});
    expect((await ask('/api/devices', cookieOf(second))).status).toBe(401);
  });

  test('there are no more than a bound of them, the oldest go', () => {
    const store = scratchStore(sessionSchema);
    const sessions = openSessions({ store, findUser: users.find, clock: () => 0, sessionsMax: 3 });
    const owner = users.find('owner');
    if (owner === undefined) throw new Error('owner');
    const tokens = Array.from({ length: 4 }, () => sessions.begin(owner));
    expect(tokens.map((token) => sessions.find(token)?.name)).toEqual([undefined, 'owner', 'owner', 'owner']);
    expect(store.database.prepare('SELECT count(*) AS n FROM web_session').get()).toEqual({ n: 3 });
  });

  test('of a viewer does nothing, of an admin it does; a foreign page does nothing with either', async () => {
    here.web.log.tell('barn', { state: 'online', version: '', timeMs: 0, evicted: [], devices: [] }, 1);
    const act = async (name: string, headers: Record<string, string> = {}) =>
      (
        await ask(
          '/api/agents/barn/stay_awake',
          { ...cookieOf(await signIn(name)), ...headers },
          { minutes: 5 },
        )
      ).status;
    expect(await act('wall')).toBe(403);
    expect(await act('owner')).toBe(200);
    expect(await act('owner', { origin: 'http://10.0.0.1:9999' })).toBe(200);
    expect(await act('owner', { origin: 'http://10.0.0.1:8080' })).toBe(403);
    expect(await act('owner', { origin: 'null' })).toBe(403);
    expect(await act('owner', { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await act('owner', { 'sec-fetch-site': 'same-site' })).toBe(403);
    const text = await here.web.server.inject({
      method: 'POST',
      url: '/api/agents/barn/stay_awake',
      headers: { host: 'localhost', 'content-type': 'text/plain' },
      payload: '{"minutes":5}',
    });
    expect(text.statusCode).toBe(415);
  });
});

test('who says allow_anonymous lets everybody read, and nobody act', async () => {
  here = await open({ allowsAnonymous: true });
  expect((await ask('/api/devices')).status).toBe(200);
  expect((await ask('/api/session')).body).toEqual({ user: null, may_read: true });
  expect((await ask('/api/agents/barn/stay_awake', {}, { minutes: 5 })).status).toBe(403);
});
