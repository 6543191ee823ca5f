// The bridge as a whole program: started, asked, stopped and started again.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Aedes } from 'aedes';
import { describe, expect, test } from 'vitest';
import { hasMosquitto, startMosquitto } from '../../simulator/src/services/mosquitto.ts';
import type { AlarmView, DeviceView } from '../src/web/api.ts';
import { openBridgeSite, publish, publisher, readingOf, roof } from './service-rig.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
type Devices = { readonly devices: readonly DeviceView[] };

test('without a file it runs on embedded defaults, its store in the state folder of the user', async () => {
  const site = await openBridgeSite();
  const { folder, brokerPort, pagePort } = await openBridgeSite();
  const environment = {
    WATTLINE_BROKER__LISTEN: `127.0.0.1:${brokerPort}`,
    WATTLINE_WEB__LISTEN: `127.0.0.1:${pagePort}`,
    XDG_STATE_HOME: folder,
  };
  const elsewhere = `${site.folder}/..`;
  const checked = await site.bridge(['check'], { folder: elsewhere, environment: { XDG_STATE_HOME: folder } })
    .ended;
  expect(checked).toMatchObject({ code: 0, stderr: '' });
  expect(checked.stdout).toMatch(/\nok {4}store: .*\/wattline would be created\n/);
  expect(checked.stdout).toMatch(/\nok {4}broker: .*127\.0\.0\.1:1883/);
  expect(checked.stdout).toMatch(/\nok {4}page: .*127\.0\.0\.1:9999/);
  const bridge = site.bridge(['run'], { folder: elsewhere, environment });
  await bridge.untilSaid(/configuration: none, embedded defaults\n/);
  await bridge.untilSaid(
    new RegExp(`page http://127.0.0.1:${pagePort}; broker 127.0.0.1:${brokerPort}; store ${folder}/wattline`),
  );
  expect(await bridge.stop()).toMatchObject({ code: 0, stdout: '' });
});

test('what was published is shown by status and exported, while it runs and after', {
  timeout: 60_000,
}, async () => {
  const site = await openBridgeSite();
  const bridge = await site.start();
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  const startMs = Math.floor((Date.now() - hourMs) / (2 * minuteMs)) * 2 * minuteMs;
  const readings = Array.from({ length: 24 }, (_, index) => readingOf(index, startMs + index * 10_000));
  await publish(client, roof, readings);
  const status = await site.bridge(['status']).ended;
  expect(status.code).toBe(0);
  expect(status.stdout).toContain('received 24 = stored 24 + duplicate 0 + conflict 0 + state 0 + aside 0\n');
  // Why it says ERROR of a bridge that is well: nothing current comes.
  expect(status.stdout).toMatch(
    /^ERROR: 1 of 1 devices are late or lost, version .*\ndevices: 0 fresh, 0 sleeping, [01] late, [01] lost\n/,
  );
  expect(status.stdout).toMatch(/\nvictron\/smartsolar\/roof +barn +(lost|late) +\d+/);
  const json = await site.bridge(['status', '--json']).ended;
  expect(JSON.parse(json.stdout)).toMatchObject({ accounts: { stored: 24 }, broker: { kind: 'embedded' } });
  // Both windows of two minutes are over, so that they are rows.
  await site.until<{ points: unknown[] }>(
    `/api/series?device=roof&field=pv_power&from=${startMs}&to=${startMs + 4 * minuteMs}&points=2`,
    ({ points }) => points.length === 2,
  );
  const exports = async () => {
    const command = (...words: string[]) => site.bridge(['export', 'roof', ...words]).ended;
    return Promise.all([
      command('--format', 'jsonl'),
      command('--from', String(startMs + 230_000)),
      command('--format', 'lp', '--to', String(startMs + 1)),
      command('--tier', '2m'),
    ]);
  };
  const expectExported = ([raw, csv, lp, tier]: Awaited<ReturnType<typeof exports>>): void => {
    expect(raw).toMatchObject({ code: 0, stderr: '' });
    expect(
      raw?.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(readings.map(({ timeMs, values }) => ({ time: timeMs, ...values })));
    expect(csv?.stdout).toBe(
      `time,pv_power,battery_voltage,charge_state\n${new Date(startMs + 230_000).toISOString()},23,13.2,bulk\n`,
    );
    expect(lp?.stdout).toMatch(
      /^solar_charger,agent=barn,device=roof,type=smartsolar,vendor=victron .*pv_power=0/,
    );
    const [head, first, second, ...more] = tier?.stdout.trim().split('\n') ?? [];
    expect(more).toEqual([]);
    const mean = head?.split(',').indexOf('pv_power_mean') ?? -1;
    expect([first, second].map((line) => line?.split(',').map(String).at(mean))).toEqual(['5.5', '17.5']);
  };
  expectExported(await exports());
  await bridge.stop();
  expectExported(await exports());
  const gone = await site.bridge(['status']).ended;
  expect(gone).toMatchObject({ code: 1, stdout: '' });
  expect(gone.stderr).toMatch(
    /no bridge answers at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*Is it running/,
  );
});

describe('a question about a device', () => {
  test('that is not there names those that are: 2', async () => {
    const site = await openBridgeSite();
    const before = await site.bridge(['export', 'roof']).ended;
    expect(before).toMatchObject({ code: 2, stdout: '' });
    expect(before.stderr).toMatch(/there is no store at .*: has this bridge run yet\?/);
    await site.start();
    const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
    await publish(client, roof, [readingOf(0, Date.now())]);
    await publish(client, roof, [readingOf(0, Date.now(), { agent: 'shed' })]);
    const bank = 'victron/smartshunt/bank';
    await publish(client, bank, [readingOf(1, Date.now())]);
    const wrong = [
      { words: ['export', 'shed'], says: 'there is no device shed; there are roof, roof, bank' },
      {
        words: ['export', 'roof'],
        says: /several devices are called roof: say one of roof-[0-9a-f]{10} \(.* of barn\)/,
      },
      {
        words: ['export', bank, '--tier', '3m'],
        says: 'there is no tier 3m; there are raw, 2m, 5m, 30m, 2h, 1d',
      },
      { words: ['export', 'bank', '--from', 'noon'], says: '--from takes ms since 1970, an ISO time' },
      { words: ['export', 'bank', '--from', 'now', '--to', '-1h'], says: '--from is a time before --to' },
      { words: ['export', 'roof', '--format', 'xml'], says: '--format is one of csv, jsonl, lp' },
      { words: ['run', 'twice'], says: 'too many arguments' },
    ];
    for (const { words, says } of wrong) {
      const { code, stdout, stderr } = await site.bridge(words).ended;
      expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: '' });
      expect(stderr).toMatch(says);
    }
  });
});

describe('a start that cannot be', () => {
  test.each(['broker', 'page'] as const)(
    'the port of the %s is taken: said with its setting',
    async (what) => {
      const site = await openBridgeSite();
      const port = what === 'broker' ? site.brokerPort : site.pagePort;
      const setting = what === 'broker' ? 'broker.listen' : 'web.listen';
      const other = createServer().listen(port, '127.0.0.1');
      try {
        const { code, stderr } = await site.bridge(['run']).ended;
        expect(code).toBe(1);
        expect(stderr).toContain(`Port ${port} of 127.0.0.1 is taken by another program (${setting}).`);
        const checked = await site.bridge(['check']).ended;
        expect(checked.stdout).toContain(`ok    ${what}: 127.0.0.1:${port} is in use`);
      } finally {
        other.close();
      }
    },
  );

  test('a second bridge on the same store is refused', async () => {
    const site = await openBridgeSite();
    await site.start();
    const { code, stderr } = await site.bridge(['run']).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/The store .*\/store is in use by another bridge\./);
  });

  test('a store that may not be written is found by check', async () => {
    const site = await openBridgeSite();
    const path = `${site.folder}/bridge.yml/store`;
    const { code, stdout } = await site.bridge(['check'], { environment: { WATTLINE_STORE__PATH: path } })
      .ended;
    expect(code).toBe(1);
    expect(stdout).toContain(`FAULT store: ${path} cannot be: ${site.folder}/bridge.yml is no folder\n`);
  });
});

test('told to stop it ends within seconds, with listeners, a page and an export under way', async () => {
  const site = await openBridgeSite();
  const bridge = await site.start();
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await publish(
    client,
    roof,
    Array.from({ length: 500 }, (_, index) => readingOf(index, Date.now() - index)),
  );
  const page = await fetch(`http://127.0.0.1:${site.pagePort}/api/events`);
  const reader = page.body?.getReader();
  await reader?.read();
  const slow = await fetch(`http://127.0.0.1:${site.pagePort}/api/export?device=roof&format=jsonl&from=0`);
  const startedMs = performance.now();
  const { code, stderr } = await bridge.stop('SIGTERM');
  expect(code).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(stderr).toMatch(/INFO {2}stopped\n$/);
  await reader?.cancel().catch(() => undefined);
  await slow.body?.cancel().catch(() => undefined);
});

test('a restart keeps the latest values and the alarms', async () => {
  const site = await openBridgeSite();
  const first = await site.start();
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  const timeMs = Date.now() - minuteMs;
  const values = { alarms: ['low_voltage'], battery_voltage: 10.9, state_of_charge: 8 };
  const battery = { kind: 'battery', values, model: 'SmartShunt 500A/50mV', intervalSeconds: 3600 } as const;
  await publish(client, 'victron/smartshunt/bank', [readingOf(0, timeMs, battery)]);
  const alarmed = await site.until<{ alarms: AlarmView[] }>('/api/alarms', ({ alarms }) => alarms.length > 0);
  const { devices: before } = await site.ask<Devices>('/api/devices');
  await first.stop();
  await site.start();
  const { devices: after } = await site.ask<Devices>('/api/devices');
  const lasting = ({ id, time, model, state, values: shown }: DeviceView) => {
    const each = Object.entries(shown).map(([name, { value, time: at, unit }]) => [name, value, at, unit]);
    return { id, time, model, state, values: each };
  };
  expect(after.map(lasting)).toEqual(before.map(lasting));
  expect(after).toMatchObject([{ name: 'bank', time: timeMs, values: { state_of_charge: { value: 8 } } }]);
  const { alarms } = await site.ask<{ alarms: AlarmView[] }>('/api/alarms');
  expect(alarms).toEqual(alarmed.alarms);
  expect(alarms).toMatchObject([{ name: 'bank', since: timeMs, until: null, level: 'alarm' }]);
});

describe.skipIf(!hasMosquitto(process.env))('with a Mosquitto of its own', () => {
  test('readings that come while it is away are stored when it is back, each once', async () => {
    const broker = await startMosquitto();
    try {
      const site = await openBridgeSite(broker.url);
      const first = await site.start();
      await site.until<{ broker: { connected: boolean } }>(
        '/api/status',
        (status) => status.broker.connected,
      );
      const client = await publisher(broker.url);
      const nowMs = Date.now();
      const readings = Array.from({ length: 300 }, (_, index) => readingOf(index, nowMs - 300 + index));
      await publish(client, roof, readings.slice(0, 100));
      await first.stop('SIGKILL');
      await publish(client, roof, readings.slice(100, 200));
      await site.start();
      await publish(client, roof, readings.slice(200));
      await site.until<{ accounts: { stored: number } }>(
        '/api/status',
        ({ accounts }) => accounts.stored >= 300,
      );
      // Whatever came twice has come by now: the broker sends it when the session is taken up.
      await wait(200);
      const { stdout } = await site.bridge(['export', 'roof', '--format', 'jsonl']).ended;
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).pv_power),
      ).toEqual(readings.map(({ sequence }) => sequence));
    } finally {
      await broker.remove();
    }
  });

  test('check is let in, or says why not', async () => {
    const broker = await startMosquitto();
    try {
      const site = await openBridgeSite(broker.url);
      const there = await site.bridge(['check', '--json']).ended;
      expect(there.code).toBe(0);
      expect(there.stdout).toContain(
        `{"what":"broker","ok":true,"text":"${broker.url}: lets us subscribe to every topic; Mosquitto does not tell what its access list withholds"}\n`,
      );
      await broker.kill();
      const absent = await site.bridge(['check']).ended;
      expect(absent.code).toBe(1);
      expect(absent.stdout).toMatch(/FAULT broker: 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    } finally {
      await broker.remove();
    }
  });
});

test('check names the topics that a broker does not let the bridge read', async () => {
  const aedes = await Aedes.createBroker({
    authorizeSubscribe: (_client, subscription, done) =>
      done(null, subscription.topic.startsWith('wattline/') ? null : subscription),
  });
  const server = createServer(aedes.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const site = await openBridgeSite(`mqtt://127.0.0.1:${port}`);
    const { code, stdout } = await site.bridge(['check']).ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /FAULT broker: .*does not let wattline-check-\w+ read wattline\/agent\/\+\/state\n/,
    );
  } finally {
    server.close();
    await new Promise<void>((resolve) => aedes.close(resolve));
  }
});
