import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deviceId } from '../src/live/device-id.ts';
import { readingOf } from './in-memory-log.ts';
import { openWeb } from './open-web.ts';

const roof = 'victron/solar_charger/roof';
const roofId = deviceId({ topic: roof, agent: 'barn' });

let web: Awaited<ReturnType<typeof openWeb>>;
beforeEach(async () => {
  web = await openWeb();
});
afterEach(() => web.close());

describe('devices', () => {
  test('are listed with the time of the server, their values and their age', async () => {
    web.log.store(readingOf(roof, web.clock.nowMs - 4_000, { pv_power: 512 }, { model: 'SmartSolar' }));
    const { status, body } = await web.json('/api/devices');
    expect(status).toBe(200);
    expect(body).toEqual({
      now: web.clock.nowMs,
      devices: [
        {
          id: roofId,
          name: 'roof',
          topic: roof,
          vendor: 'victron',
          type: 'solar_charger',
          agent: 'barn',
          kind: 'solar_charger',
          kind_label: 'Solar charger',
          definition: 'victron-ble',
          model: 'SmartSolar',
          state: 'fresh',
          time: web.clock.nowMs - 4_000,
          age: 4,
          clock: 'synced',
          interval: 10,
          next_due: web.clock.nowMs + 6_000,
          values: {
            pv_power: {
              value: 512,
              unit: 'W',
              kind: 'gauge',
              time: web.clock.nowMs - 4_000,
              age: 4,
              flow: { node: 'sun', sign: 1 },
            },
          },
          lead: ['pv_power'],
        },
      ],
    });
  });
  test('are found by id and by a name that is unique, and 404 says where to look', async () => {
    web.log.store(readingOf(roof, web.clock.nowMs, { pv_power: 512 }));
    expect((await web.json(`/api/devices/${roofId}`)).body).toMatchObject({
      id: roofId,
      now: web.clock.nowMs,
    });
    expect((await web.json('/api/devices/roof')).body).toMatchObject({ id: roofId });
    const { status, body } = await web.json('/api/devices/cellar');
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ code: 'not_found', message: expect.stringContaining('/api/devices') });
  });
  test('known before the start are there with their old time, never as new', async () => {
    const before = await openWeb();
    before.log.store(readingOf(roof, before.clock.nowMs - 3_600_000, { pv_power: 512 }));
    expect((await before.json('/api/devices/roof')).body).toMatchObject({ state: 'lost', age: 3_600 });
    await before.close();
  });
});

describe('what is asked wrongly', () => {
  test('an unknown path is a JSON 404', async () => {
    const { status, body } = await web.json('/api/nothing?x=1');
    expect([status, body.error.code]).toEqual([404, 'not_found']);
    expect(body.error.message).toBe('Nothing is at GET /api/nothing.');
  });
  test('an address that cannot be read is a JSON error too', async () => {
    for (const [url, status] of [
      ['/api/devices/%zz', 400],
      [`/api/devices/${'x'.repeat(500)}`, 414],
    ] as const) {
      const answer = await web.server.inject({ url, headers: { host: 'localhost' } });
      expect([answer.statusCode, answer.json().error.code]).toEqual([status, 'request']);
    }
  });
  test('a name that points here from elsewhere is refused', async () => {
    const ask = (host: string) => web.server.inject({ url: '/api/devices', headers: { host } });
    for (const host of ['localhost:9999', '127.0.0.1', '[::1]:80', 'LOCALHOST'])
      expect((await ask(host)).statusCode).toBe(200);
    for (const host of ['10.0.0.1:9999', '[::2]']) expect((await ask(host)).statusCode).toBe(401);
    for (const host of ['evil.example', '127.0.0.1.evil.example', '10.0.0.1.evil.example']) {
      const answer = await ask(host);
      expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'host']);
    }
  });
  test('a configured name is answered', async () => {
    const named = await openWeb({ hosts: ['Cabin.lan'] });
    const answer = await named.server.inject({ url: '/api/devices', headers: { host: 'cabin.lan:9999' } });
    expect(answer.statusCode).toBe(401);
    await named.close();
  });
  test('other methods, foreign pages and big bodies are refused in JSON', async () => {
    const ask = async (options: object) => {
      const answer = await web.server.inject({
        url: '/api/devices',
        headers: { host: 'localhost' },
        ...options,
      });
      return [answer.statusCode, answer.json().error.code];
    };
    expect(await ask({ method: 'DELETE' })).toEqual([405, 'method']);
    const headers = { host: 'localhost', origin: 'http://evil.example' };
    expect(await ask({ method: 'POST', headers })).toEqual([403, 'origin']);
  });
  test('every answer forbids foreign content and is not kept', async () => {
    const { headers } = await fetch(`${web.url}/api/devices`);
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
