import { describe, expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { file as compat } from '../../protocols/test/replaced/messages.ts';
import { agentStateOf, readingOf } from './in-memory-log.ts';
import { openWeb } from './open-web.ts';

interface WatchCase {
  readonly bluetooth_age_s: number | null;
  readonly canbus_age_s: number | null;
  readonly body: { readonly [key: string]: unknown };
}

async function open(changes: Parameters<typeof openWeb>[0] = {}) {
  const web = await openWeb(changes);
  onTestFinished(() => web.close());
  return web;
}

const inverter = (timeMs: number) =>
  readingOf(
    'victron/inverter/phoenix',
    timeMs,
    { ac_output_power: 5 },
    { kind: 'inverter', intervalSeconds: 20 },
  );
const can = (timeMs: number) =>
  readingOf('can/battery/stack', timeMs, { state_of_charge: 50 }, { kind: 'battery' });

describe('the status', () => {
  test('has the keys of the replaced watch program, in its order and types', async () => {
    const web = await open();
    web.log.store(inverter(web.clock.nowMs - 1_000), can(web.clock.nowMs));
    web.clock.nowMs += 10_500;
    const { body } = await web.json('/api/status');
    expect(Object.entries(body).slice(0, 11)).toEqual([
      ['status', 'OK'],
      ['version', '1.2.3'],
      ['uptime_secs', 10],
      ['bluetooth', true],
      ['bluetooth_device', 'phoenix'],
      ['bluetooth_last_update', '2023-11-14T22:13:19.000000000Z'],
      ['bluetooth_polling_period', 20],
      ['canbus', true],
      ['canbus_device', 'stack'],
      ['canbus_baud_rate', null],
      ['canbus_last_update', '2023-11-14T22:13:20.000000000Z'],
    ]);
  });
  test.each(
    (compat.darkbox.status.cases as readonly WatchCase[]).map((one) => [
      one.bluetooth_age_s,
      one.canbus_age_s,
      one.body,
    ]),
  )(
    'says what the replaced program says at ages of %s s and %s s',
    async (bluetoothAge, canbusAge, theirs) => {
      const web = await open();
      const nowMs = Date.parse(compat.darkbox.status.now);
      web.clock.nowMs = nowMs;
      if (bluetoothAge !== null) web.log.store(inverter(nowMs - bluetoothAge * 1000));
      if (canbusAge !== null) web.log.store(can(nowMs - canbusAge * 1000));
      const { status, body } = await web.json('/api/status');
      expect(status).toBe(200);
      expect(Object.keys(body).slice(0, 11)).toEqual(Object.keys(theirs));
      // Whether all is well it says by each device's own interval; names and baud rate are ours.
      for (const key of ['bluetooth', 'bluetooth_last_update', 'canbus', 'canbus_last_update'])
        expect(body[key], key).toEqual(theirs[key]);
    },
  );
  test('calls the inverter alive for two minutes and the CAN battery for five', async () => {
    const web = await open();
    web.log.store(inverter(web.clock.nowMs), can(web.clock.nowMs));
    const alive = async (seconds: number) => {
      web.clock.nowMs = 1_700_000_000_000 + seconds * 1_000;
      const { body } = await web.json('/api/status');
      return [body.bluetooth, body.canbus];
    };
    expect(await alive(119.9)).toEqual([true, true]);
    expect(await alive(120)).toEqual([false, true]);
    expect(await alive(299.9)).toEqual([false, true]);
    expect(await alive(300)).toEqual([false, false]);
  });
  test('is OK with every device there, degraded with some, an error with none', async () => {
    const web = await open();
    const status = async () => (await web.json('/api/status')).body.status;
    expect(await status()).toBe('ERROR');
    web.log.store(inverter(web.clock.nowMs));
    expect(await status()).toBe('OK');
    web.log.store(can(web.clock.nowMs - 60_000));
    expect(await status()).toBe('DEGRADED');
    web.clock.nowMs += 3_600_000;
    expect(await status()).toBe('ERROR');
  });
  test('tells the accounts, agents, devices by state, broker, sinks and storage', async () => {
    const web = await open();
    web.log.store(inverter(web.clock.nowMs - 5_000), can(web.clock.nowMs - 90_000));
    web.log.tell('barn', agentStateOf('online', 1), 1);
    const { body } = await web.json('/api/status');
    expect(body).toMatchObject({
      now: web.clock.nowMs,
      started: web.clock.nowMs,
      not_ready: [],
      accounts: { received: 2, stored: 2, aside: {}, missing: [], expired: 0 },
      devices: { fresh: 1, sleeping: 0, late: 1, lost: 0 },
      agents: [{ name: 'barn', state: 'online' }],
      first_stored: web.clock.nowMs - 90_000,
      broker: { kind: 'embedded', connected: true },
      sinks: [],
      storage: { bytes: 4_096 },
      pages: { clients: 0, dropped: 0, refused: 0 },
    });
  });
});

describe('health', () => {
  test('is alive and ready', async () => {
    const web = await open();
    expect(await web.json('/healthz')).toEqual({ status: 200, body: { alive: true } });
    expect(await web.json('/readyz')).toEqual({ status: 200, body: { ready: true, reasons: [] } });
  });
  test('is alive but not ready, with the reasons in words', async () => {
    const web = await open({ notReady: () => ['The broker is not reached.', 'The disk is full.'] });
    expect((await web.json('/healthz')).status).toBe(200);
    expect(await web.json('/readyz')).toEqual({
      status: 503,
      body: {
        ready: false,
        reasons: ['The broker is not reached.', 'The disk is full.'],
        error: { code: 'not_ready', message: 'The broker is not reached.; The disk is full.' },
      },
    });
  });
});

describe('metrics', () => {
  test('count messages, devices, sinks, requests and the lag of the event loop', async () => {
    const none = { delivered: 0, pending: 0, refused: 0, expired: 0 };
    const web = await open({
      sinks: () => [
        {
          name: 'influx',
          type: 'influxdb2',
          state: 'waiting',
          readings: { delivered: 7, pending: 2, refused: 1, expired: 0 },
          windows: none,
          refused: [],
        },
      ],
    });
    web.log.store(inverter(web.clock.nowMs));
    await web.json('/api/devices/phoenix');
    await web.json('/api/devices/nothing');
    const text = await (await fetch(`${web.url}/metrics`)).text();
    const value = (name: string) =>
      new RegExp(`^${name.replaceAll(/[{}"]/g, '\\$&')} (.*)$`, 'm').exec(text)?.[1];
    expect(value('wattline_messages_total{verdict="stored"}')).toBe('1');
    expect(value('wattline_messages_total{verdict="duplicate"}')).toBe('0');
    expect(value('wattline_devices{state="fresh"}')).toBe('1');
    expect(value('wattline_broker_connected')).toBe('1');
    expect(value('wattline_ready')).toBe('1');
    const sink = (outcome: string) =>
      value(`wattline_sink_items_total{sink="influx",items="readings",outcome="${outcome}"}`);
    expect([sink('delivered'), sink('refused')]).toEqual(['7', '1']);
    expect(value('wattline_sink_pending{sink="influx",items="readings"}')).toBe('2');
    expect(value('wattline_sink_waiting{sink="influx"}')).toBe('1');
    const requests = (status: string) =>
      value(`wattline_http_request_seconds_count{method="GET",route="/api/devices/:id",status="${status}"}`);
    expect([requests('200'), requests('404')]).toEqual(['1', '1']);
    expect(value('wattline_nodejs_eventloop_lag_seconds')).toBeDefined();
  });
  test('foreign addresses make no new series', async () => {
    const web = await open();
    for (const path of ['/a', '/b', '/c']) await fetch(`${web.url}${path}`);
    const text = await (await fetch(`${web.url}/metrics`)).text();
    expect(text).not.toContain('route="/a"');
    expect(text).toContain('route="none"');
  });
});

describe('the page', () => {
  function pageFolder() {
    return scratchFolder({
      'index.html': '<!doctype html><title>Wattline</title>',
      'assets/page-1234.js': 'export {};',
    });
  }

  test('is served with its policy; what has a digest in its name is kept, the rest is asked for again', async () => {
    const web = await open({ page: pageFolder() });
    const html = await fetch(`${web.url}/`);
    expect(html.headers.get('content-type')).toContain('text/html');
    expect(html.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(html.headers.get('cache-control')).toBe('no-cache');
    expect(await html.text()).toContain('Wattline');
    const script = await fetch(`${web.url}/assets/page-1234.js`);
    expect(script.headers.get('cache-control')).toContain('immutable');
  });
  test('gives nothing from outside its folder', async () => {
    const web = await open({ page: pageFolder() });
    for (const path of [
      '/../../etc/passwd',
      '/..%2f..%2fetc%2fpasswd',
      '/assets/..%2f..%2f..%2fetc/passwd',
    ]) {
      const { statusCode } = await web.server.inject({ url: path, headers: { host: 'localhost' } });
      expect([403, 404]).toContain(statusCode);
    }
  });
  test('says where the numbers are when it is not built', async () => {
    const web = await open();
    expect(await (await fetch(`${web.url}/`)).text()).toContain('/api/devices');
  });
});
