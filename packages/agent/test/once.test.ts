// `once` as a whole program: simulated radio, real broker, files on disk.

import { once as event } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { hasMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { agentFile, entryOf, openInstallation } from './agent-rig.ts';
import { type Arrival, startAedes, startTestMosquitto, subscribeAll } from './delivery-brokers.ts';
import { open, waiting } from './outbox-scratch.ts';

interface Published {
  readonly pv_power: number;
  readonly _timestamp: number;
  readonly _stream: string;
  readonly _seq: number;
  readonly _interval: number;
}

const readingsOf = (arrivals: readonly Arrival[]): { topic: string; payload: Published }[] =>
  arrivals
    .filter(({ topic }) => topic.startsWith('victron/'))
    .map(({ topic, payload }) => ({ topic, payload: JSON.parse(payload) as Published }));

describe.skipIf(!hasMosquitto(process.env))('with a real Mosquitto', () => {
  test('without a broker readings wait with their own time; with one each is published, once', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    await broker.kill();
    const devices = [site.charger('roof'), site.charger('shed')].map((charger) => entryOf(charger));
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices }));
    const startedMs = Date.now();
    const first = await site.agent(['once', '--json']).ended;
    const endedMs = Date.now();
    expect(first).toMatchObject({ code: 4 });
    expect(first.stderr).toContain('2 readings wait in the outbox: The broker 127.0.0.1');
    const accepted = first.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(accepted.map(({ topic }) => topic).sort()).toEqual([
      'victron/smartsolar/roof',
      'victron/smartsolar/shed',
    ]);
    const outbox = await open(`${site.folder}/outbox`);
    const kept = await waiting(outbox);
    await outbox.close();
    expect(kept).toHaveLength(2);
    for (const { timeMs, payload } of kept) {
      expect(timeMs).toBeGreaterThanOrEqual(startedMs);
      expect(timeMs).toBeLessThanOrEqual(endedMs);
      expect(JSON.parse(payload)._timestamp).toBe(timeMs);
    }

    await broker.start();
    const observer = await subscribeAll(broker);
    const second = await site.agent(['once']).ended;
    expect(second).toMatchObject({ code: 0, stdout: '' });
    await observer.until((arrivals) => readingsOf(arrivals).length === 4);
    const published = readingsOf(observer.arrivals);
    const identities = published.map(({ payload }) => `${payload._stream} ${payload._seq}`);
    expect(new Set(identities).size).toBe(4);
    const earlier = published.filter(({ payload }) => payload._timestamp <= endedMs);
    expect(earlier.map(({ payload }) => payload).sort((a, b) => a._seq - b._seq)).toEqual(
      kept.map(({ payload }) => JSON.parse(payload)),
    );
    const third = await site.agent(['outbox', '--json']).ended;
    expect(JSON.parse(third.stdout)).toMatchObject({ readings: 0, topics: [] });
  });

  test('each device is published as soon as it is heard, and the last one ends it before the deadline', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const roof = site.charger('roof');
    const shed = site.charger('shed');
    shed.peripheral.vanish();
    const devices = [entryOf(roof), entryOf(shed)];
    const more = 'wake: { every: 20m }';
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices, more }));
    const once = site.agent(['once', '--deadline', '5m']);
    await observer.until((arrivals) => readingsOf(arrivals).length === 1);
    expect(readingsOf(observer.arrivals)).toMatchObject([
      { topic: 'victron/smartsolar/roof', payload: { _interval: 1200 } },
    ]);
    shed.peripheral.reappear();
    expect(await once.ended).toMatchObject({ code: 0 });
    const state = observer.arrivals.findLast(({ topic }) => topic === 'wattline/agent/barn/state');
    const { state: now, nextDueMs } = JSON.parse(state?.payload ?? '{}');
    expect(now).toBe('sleeping');
    expect(nextDueMs - Date.now()).toBeGreaterThan(19 * 60_000);
    expect(readingsOf(observer.arrivals)).toHaveLength(2);
  });

  test('a broker that takes the connection and says nothing is named as the one that did not answer', async () => {
    const site = await openInstallation();
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await event(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    site.write('agent.yml', agentFile({ ...site, port, devices: [entryOf(site.charger('roof'))] }));
    const { code, stderr } = await site.agent(['once', '--deadline', '3s']).ended;
    expect(code).toBe(4);
    expect(stderr).toContain('1 reading waits in the outbox: the broker did not answer in time\n');
  });

  test('an absent device is named with likely causes: 3, and none at all: 5', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    const roof = site.charger('roof');
    const shed = site.charger('shed');
    shed.peripheral.vanish();
    const devices = [entryOf(roof), entryOf(shed)];
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices }));
    const some = await site.agent(['once', '--deadline', '3s']).ended;
    expect(some).toMatchObject({ code: 3, stdout: '' });
    expect(some.stderr).toContain('shed: FA:AC:27:00:00:02 was not heard: out of reach');
    expect(some.stderr).toMatch(/not read: shed \(1 of 2\)\n$/);
    roof.peripheral.vanish();
    const none = await site.agent(['once', '--deadline', '2s']).ended;
    expect(none).toMatchObject({ code: 5, stdout: '' });
  });

  test('a wrong key is named and does not make the others wait', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    const roof = site.charger('roof');
    const shed = { ...site.charger('shed'), key: '00'.repeat(16) };
    const devices = [entryOf(roof), entryOf(shed)];
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices, more: 'deadline: 5m' }));
    const { code, stderr } = await site.agent(['once']).ended;
    expect(code).toBe(3);
    expect(stderr).toContain('shed: the key begins with 00, the device uses one that begins with 5e');
    expect(stderr).not.toContain(roof.key);
  });

  test('one device by name, or by number as the replaced Victron tool counted, out of its own file', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const chargers = [site.charger('roof'), site.charger('HQ123456NKZ')];
    const entries = chargers.map(({ name, address, key }) =>
      [
        `  - name: ${name}`,
        '    type: smartsolar',
        '    protocol: bluetooth-ble',
        `    mac: ${address.toLowerCase()}`,
        `    encryptionKey: ${key}`,
      ].join('\n'),
    );
    const mqtt = `mqtt:\n  host: 127.0.0.1\n  port: ${broker.port}\n  base_topic: victron\n  hass: false\n`;
    site.write('config.yml', `devices:\n${entries.join('\n')}\n${mqtt}`);
    const environment = {
      WATTLINE_BLUETOOTH__ADAPTER: site.adapter,
      WATTLINE_OUTBOX__PATH: `${site.folder}/outbox`,
      WATTLINE_AGENT: 'barn',
    };
    const byNumber = await site.agent(['-d', '1', '-C', 'config.yml', '--quiet'], { environment }).ended;
    expect(byNumber).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(readingsOf(observer.arrivals).map(({ topic }) => topic)).toEqual([
      'victron/smartsolar/HQ123456NKZ',
    ]);
    const byName = await site.agent(['once', 'roof'], { environment }).ended;
    expect(byName).toMatchObject({ code: 0, stdout: '' });
    expect(readingsOf(observer.arrivals).map(({ topic }) => topic)).toEqual([
      'victron/smartsolar/HQ123456NKZ',
      'victron/smartsolar/roof',
    ]);
  });
});

test('a broker that speaks MQTT 3.1.1 only gets the readings too', async () => {
  const site = await openInstallation();
  const broker = await startAedes();
  const observer = await subscribeAll(broker, 4);
  const devices = [entryOf(site.charger('roof'))];
  site.write('agent.yml', agentFile({ ...site, port: broker.port, devices }));
  expect(await site.agent(['once']).ended).toMatchObject({ code: 0 });
  expect(readingsOf(observer.arrivals)).toHaveLength(1);
});

test('without devices it says where they come from', async () => {
  const site = await openInstallation();
  const broker = await startAedes();
  site.write(
    'agent.yml',
    agentFile({ ...site, port: broker.port, devices: [] }).replace('devices:', 'devices: []'),
  );
  const { code, stderr } = await site.agent(['once']).ended;
  expect(code).toBe(0);
  expect(stderr).toContain('no devices are configured: "wattline-agent scan" shows what is in reach');
});

describe('before anything is read', () => {
  test('every problem of the configuration is named with its place: 2', async () => {
    const site = await openInstallation();
    site.write(
      'agent.yml',
      [
        'mqtt: { host: 127.0.0.1, port: 99999 }',
        'devises: []',
        'devices:',
        '  - name: roof',
        '    definition: victron-ble',
        '    address: "FA:AC:27:00:00:01"',
        '    key: 0123456789abcdef0123456789abcde',
        '',
      ].join('\n'),
    );
    const { code, stdout, stderr } = await site.agent(['once']).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/agent\.yml:1:32: mqtt\.port: .*99999/);
    expect(stderr).toMatch(/agent\.yml:2:1: devises: .*devices/);
    expect(stderr).toMatch(/agent\.yml:7:10: devices\[0\]\.key: .*32 hex digits, this one has 31/);
    expect(stderr).not.toContain('0123456789abcdef');
  });

  test.each([
    { words: ['onec'], says: 'did you mean "once"?' },
    {
      words: ['once', '--deadline', 'soon'],
      says: '--deadline takes a duration such as 30s or 5m, not "soon"',
    },
    { words: ['once', 'rof'], says: 'there is no device rof; did you mean "roof"?' },
    { words: ['once', '-C', 'nowhere.yml'], says: 'nowhere.yml' },
  ])('$words is answered with 2 and words', async ({ words, says }) => {
    const site = await openInstallation();
    const devices = [entryOf(site.charger('roof'))];
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices }));
    const { code, stdout, stderr } = await site.agent(words).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });
});
