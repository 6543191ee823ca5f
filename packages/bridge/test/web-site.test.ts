import { describe, expect, onTestFinished, test } from 'vitest';
import { deviceId } from '../src/live/device-id.ts';
import { agentStateOf, readingOf } from './in-memory-log.ts';
import { noHistory, openWeb } from './open-web.ts';

const roof = 'victron/solar_charger/roof';
const id = deviceId({ topic: roof, agent: 'barn' });

async function open(changes: Parameters<typeof openWeb>[0] = {}) {
  const web = await openWeb(changes);
  onTestFinished(() => web.close());
  return web;
}

describe('the site', () => {
  test('tells its name, what flows now, and the energy of today and a year ago', async () => {
    const web = await open({
      queries: { ...noHistory, increase: async (_, __, from) => (from > 1.69e12 ? 900 : 800) },
    });
    web.log.store(readingOf(roof, web.clock.nowMs - 2_000, { pv_power: 512, pv_energy_today: 900 }));
    const { body } = await web.json('/api/site');
    expect(body).toEqual({
      now: web.clock.nowMs,
      name: 'Cabin',
      timezone: 'UTC',
      watts: [
        { node: 'sun', value: 512, age: 2, devices: [id] },
        { node: 'battery', value: null, age: null, devices: [] },
        { node: 'grid', value: null, age: null, devices: [] },
        { node: 'load', value: null, age: null, devices: [] },
      ],
      unexplained: null,
      energy_today: 900,
      energy_same_day_last_year: 800,
    });
  });
  test('tells what flows also while history cannot be read', async () => {
    const failures: unknown[] = [];
    const increase = async () => {
      throw new Error('no disk');
    };
    const web = await open({
      queries: { ...noHistory, increase },
      onFailure: (error) => failures.push(error),
    });
    web.log.store(readingOf(roof, web.clock.nowMs, { pv_power: 512, pv_energy_today: 900 }));
    const { body } = await web.json('/api/site');
    expect(body).toMatchObject({ energy_today: null, energy_same_day_last_year: null });
    expect(body.watts[0].value).toBe(512);
    expect(failures).toEqual([new Error('no disk')]);
  });
});

test('alarms are told with their span, the newest first, and only those that touch the time asked for', async () => {
  const web = await open();
  const { nowMs } = web.clock;
  web.log.store(readingOf(roof, nowMs - 20_000, { device_error: 'fan_missing' }));
  web.log.store(readingOf(roof, nowMs - 10_000, { device_error: 'battery_voltage_high' }));
  const { body } = await web.json('/api/alarms');
  const alarm = { device: id, name: 'roof', level: 'alarm' };
  const fan = { ...alarm, code: 'device_error.fan_missing', text: 'Fan missing' };
  const voltage = { ...alarm, code: 'device_error.battery_voltage_high', text: 'Battery voltage high' };
  expect(body).toEqual({
    now: nowMs,
    alarms: [
      { ...voltage, since: nowMs - 10_000, until: null },
      { ...fan, since: nowMs - 20_000, until: nowMs - 10_000 },
    ],
  });
  const later = await web.json(`/api/alarms?from=${nowMs - 9_000}&to=${nowMs}`);
  expect(later.body.alarms).toHaveLength(1);
});

describe('agents', () => {
  test('are listed with what they said of themselves', async () => {
    const web = await open();
    web.log.tell(
      'barn',
      agentStateOf('sleeping', 1, {
        nextDueMs: 99,
        outbox: { readings: 3, bytes: 700, oldestMs: 7 },
        readings: { taken: 9, confirmed: 4, waiting: 3, givenUp: 1, lost: 1 },
        devices: [
          { name: 'roof', topic: roof, intervalSeconds: 10, lastReadMs: 5, rssi: -60, problem: 'key' },
        ],
        inReach: [{ address: 'AA', model: 'SmartShunt', rssi: -70 }],
      }),
      1,
    );
    const { body } = await web.json('/api/agents');
    expect(body.agents).toEqual([
      {
        name: 'barn',
        state: 'sleeping',
        version: '1.0.0',
        heard: web.clock.nowMs,
        next_due: 99,
        outbox: { readings: 3, bytes: 700, oldest: 7 },
        readings: { taken: 9, confirmed: 4, waiting: 3, given_up: 1, lost: 1 },
        devices: [
          { name: 'roof', topic: roof, interval: 10, last_read: 5, signal_strength: -60, problem: 'key' },
        ],
        in_reach: [{ address: 'AA', model: 'SmartShunt', signal_strength: -70 }],
      },
    ]);
  });

  test('of which only a will is known have no depth of their outbox, instead of none waiting', async () => {
    const web = await open();
    const { outbox: _, ...will } = agentStateOf('offline', 1);
    web.log.tell('barn', will, 1);
    const { body } = await web.json('/api/agents');
    expect(body.agents).toEqual([
      {
        ...{ name: 'barn', state: 'offline', version: '1.0.0', heard: web.clock.nowMs },
        ...{ devices: [], in_reach: [] },
      },
    ]);
  });

  const post = async (web: Awaited<ReturnType<typeof open>>, agent: string, body: unknown, headers = {}) => {
    const response = await fetch(`${web.url}/api/agents/${agent}/stay_awake`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };

  test('are kept awake by a command that says until when', async () => {
    const told: unknown[] = [];
    const web = await open({ stayAwake: async (...command) => void told.push(command) });
    web.log.tell('barn', agentStateOf('online', 1), 1);
    const until = web.clock.nowMs + 30 * 60_000;
    expect(await post(web, 'barn', { minutes: 30 })).toEqual({ status: 200, body: { agent: 'barn', until } });
    expect(told).toEqual([['barn', until]]);
  });
  test('are not told anything wrong, unknown, or by someone elsewhere', async () => {
    const told: unknown[] = [];
    const web = await open({ stayAwake: async (...command) => void told.push(command) });
    web.log.tell('barn', agentStateOf('online', 1), 1);
    expect((await post(web, 'barn', { minutes: 0 })).body.error.message).toContain(
      'minutes: expected at least 1',
    );
    expect((await post(web, 'barn', { minutes: '5' })).status).toBe(400);
    expect((await post(web, 'barn', {})).status).toBe(400);
    expect((await post(web, 'attic', { minutes: 5 })).status).toBe(404);
    expect((await post(web, 'barn', { minutes: 5 }, { 'x-forwarded-for': '10.0.0.7' })).status).toBe(401);
    expect((await post(web, 'barn', { minutes: 5, x: 'y'.repeat(20_000) })).status).toBe(413);
    const options = {
      method: 'POST',
      url: '/api/agents/barn/stay_awake',
      headers: { host: 'localhost' },
    } as const;
    const elsewhere = { ...options, remoteAddress: '10.0.0.7', payload: { minutes: 5 } };
    expect((await web.server.inject(elsewhere)).json().error.code).toBe('sign_in');
    expect(told).toEqual([]);
  });
  test('that the broker does not reach are said', async () => {
    const web = await open({
      stayAwake: async () => {
        throw new Error('not connected');
      },
    });
    web.log.tell('barn', agentStateOf('online', 1), 1);
    const { status, body } = await post(web, 'barn', { minutes: 5 });
    expect([status, body.error.code]).toEqual([503, 'broker']);
    expect(body.error.message).toContain('not connected');
  });
});
