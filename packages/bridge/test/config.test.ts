import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { machineWith } from './config-surroundings.ts';

const load = (text: string) => machineWith({ 'bridge.yml': text }).load().configuration;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

describe('without a file', () => {
  test('a bridge serves this machine, and keeps its store with the user', () => {
    expect(machineWith({}).load()).toEqual({
      configuration: {
        broker: {
          is: 'embedded',
          host: '127.0.0.1',
          port: 1883,
          limits: { packetBytesMax: 4 * 2 ** 20, rateMax: 20_000, connectionsMax: 500, pendingMax: 4_000 },
        },
        topics: [
          'victron/+/+',
          'jbd/+/+',
          'litime/+/+',
          'renogy/+/+',
          'srne/+/+',
          'voltronic/+/+',
          'bluetti/+/+',
          'jk/+/+',
          'daly/+/+',
          'vatrer/+/+',
          'ant/+/+',
          'can/+/+',
          'wattline/agent/+/state',
          'bluetti/state/#',
          'JBD_BMS/+/msgpack',
          'LiTime_MPPT/+/msgpack',
          'power/+',
        ],
        store: {
          path: '/home/solar/.local/state/wattline',
          sizeBytesMax: 20 * 2 ** 30,
          retention: {
            rawMs: 7 * dayMs,
            tiers: [
              { every: 120, keepMs: 7 * dayMs },
              { every: 300, keepMs: 30 * dayMs },
              { every: 1800, keepMs: 365 * dayMs },
              { every: 7200, keepMs: 3650 * dayMs },
              { every: 'day', keepMs: null },
            ],
          },
        },
        sinks: [],
        web: { host: '127.0.0.1', port: 9999, hosts: [] },
        site: { name: 'barn', timeZone: 'Europe/Rome' },
        replacedPrograms: { victronDevices: new Map(), qpigsTopics: new Map(), timeZone: 'Europe/Rome' },
        allowsAnonymous: false,
      },
      secrets: [],
    });
  });

  test('under systemd the store is where the service keeps its state', () => {
    const { configuration } = machineWith({}, { STATE_DIRECTORY: '/var/lib/wattline' }).load();
    expect(configuration.store.path).toBe('/var/lib/wattline');
  });

  test('the environment can still say something', () => {
    const { configuration } = machineWith({}, { WATTLINE_WEB__LISTEN: '[::1]:80' }).load();
    expect(configuration.web).toMatchObject({ host: '::1', port: 80 });
  });
});

describe('a file', () => {
  test('of every key is typed', () => {
    const text = `
broker:
  url: mqtts://data.example.org
  username: bridge
  password: secret:mqtt
  client_id: one
  group: servers
  ca: ca.pem
topics: ["victron/#", "+/x", "#"]
store:
  path: data
  preset: pi
  max_size: 2GiB
  raw: 2d
  tiers: [{ every: 10s, keep: 1h }, { every: 12h, keep: 1y }, { every: 1d, keep: forever }]
sinks:
  - { name: influx, type: influxdb2, url: "http://127.0.0.1:8086/", org: home, bucket: power, token: secret:influx, create_buckets: false }
web: { listen: "0.0.0.0:8080", hosts: [solar.local], tls: { cert: tls/cert.pem, key: tls/key.pem } }
site: { name: Cabin, timezone: America/Argentina/Buenos_Aires }
replaced_programs:
  victron_devices: { Shunt 1: smartshunt }
  qpigs_topics: { son-yskasteTV/inverter: north }
allow_anonymous: true
`;
    const { folder, load } = machineWith({
      'bridge.yml': text,
      'secrets.yml': 'mqtt: hunter2\ninflux: tokentoken',
    });
    const { configuration, secrets, file } = load();
    expect(file).toBe('bridge.yml');
    expect(secrets.toSorted()).toEqual(['hunter2', 'tokentoken']);
    const { broker, sinks, replacedPrograms } = configuration;
    expect(replacedPrograms.victronDevices).toEqual(new Map([['Shunt 1', 'smartshunt']]));
    expect(replacedPrograms.qpigsTopics).toEqual(new Map([['son-yskasteTV/inverter', 'north']]));
    expect(broker.is === 'external' && broker.password?.reveal()).toBe('hunter2');
    expect(sinks[0]?.type === 'influxdb2' && sinks[0].token.reveal()).toBe('tokentoken');
    expect(JSON.parse(JSON.stringify(configuration))).toEqual({
      broker: {
        is: 'external',
        host: 'data.example.org',
        port: 8883,
        isTls: true,
        caFile: `${folder}/ca.pem`,
        username: 'bridge',
        password: '(secret)',
        clientId: 'one',
        group: 'servers',
      },
      topics: ['victron/#', '+/x', '#', 'son-yskasteTV/inverter'],
      store: {
        path: `${folder}/data`,
        sizeBytesMax: 2 * 2 ** 30,
        retention: {
          rawMs: 2 * dayMs,
          tiers: [
            { every: 10, keepMs: 60 * minuteMs },
            { every: 43_200, keepMs: 365 * dayMs },
            { every: 'day', keepMs: null },
          ],
        },
      },
      sinks: [
        {
          name: 'influx',
          type: 'influxdb2',
          url: 'http://127.0.0.1:8086',
          org: 'home',
          bucket: 'power',
          token: '(secret)',
          createsMissing: false,
          fromBeginning: false,
        },
      ],
      web: {
        host: '0.0.0.0',
        port: 8080,
        hosts: ['solar.local'],
        tls: { certFile: `${folder}/tls/cert.pem`, keyFile: `${folder}/tls/key.pem` },
      },
      site: { name: 'Cabin', timeZone: 'America/Argentina/Buenos_Aires' },
      // Maps, as shown above.
      replacedPrograms: { victronDevices: {}, qpigsTopics: {}, timeZone: 'America/Argentina/Buenos_Aires' },
      allowsAnonymous: true,
    });
    expect(inspect(configuration, { depth: 9, showHidden: true })).not.toMatch(/hunter2|tokentoken/);
  });

  test('may name every kind of sink, and a file that holds a token', () => {
    const { folder, load } = machineWith(
      {
        'bridge.yml': `
sinks:
  - { name: two, type: influxdb2, url: "http://a", org: home, token_file: token, from: beginning }
  - { name: one, type: influxdb1, url: "http://b:8086/", database: victron, username: u, password: "\${PASSWORD}" }
  - { name: table, type: csv, path: files }
  - { name: lines, type: jsonl, path: /srv/lines, keep: 1y, compress: false }
`,
        token: 'from-a-file\n',
      },
      { PASSWORD: 'pass-word' },
    );
    const { configuration, secrets } = load();
    const [two] = configuration.sinks;
    expect(two?.type === 'influxdb2' && two.token.reveal()).toBe('from-a-file');
    expect(secrets.toSorted()).toEqual(['from-a-file', 'pass-word']);
    expect(JSON.parse(JSON.stringify(configuration.sinks))).toEqual([
      {
        ...{ name: 'two', type: 'influxdb2', url: 'http://a', org: 'home', bucket: 'wattline' },
        ...{ token: '(secret)', createsMissing: true, fromBeginning: true },
      },
      {
        ...{ name: 'one', type: 'influxdb1', url: 'http://b:8086', database: 'victron', username: 'u' },
        ...{ password: '(secret)', createsMissing: true, fromBeginning: false },
      },
      {
        ...{ name: 'table', type: 'csv', path: `${folder}/files`, keepMs: null },
        ...{ compresses: true, fromBeginning: false },
      },
      {
        ...{ name: 'lines', type: 'jsonl', path: '/srv/lines', keepMs: 365 * dayMs },
        ...{ compresses: false, fromBeginning: false },
      },
    ]);
  });

  test('alerts have a hold time and levels of their own, and a webhook that is not shown', () => {
    const { alerts } = load('alerts: { webhook: "https://a/hunter2", mqtt: a/b }');
    expect(alerts?.webhook?.reveal().href).toBe('https://a/hunter2');
    const usual = { holdMs: 5 * minuteMs, levels: ['warning', 'alarm', 'lost'] };
    expect(JSON.parse(JSON.stringify(alerts))).toEqual({ topic: 'a/b', webhook: '(secret)', ...usual });
    expect(load('alerts: { mqtt: a, hold: 1h, levels: [late] }').alerts).toEqual({
      ...{ topic: 'a', holdMs: 60 * minuteMs, levels: ['late'] },
    });
    expect(load('').alerts).toBeUndefined();
  });

  test('for a Pi keeps less, for everything that it does not say itself', () => {
    const { retention, sizeBytesMax } = load('store: { preset: pi }').store;
    expect([retention.rawMs, retention.tiers.length, sizeBytesMax]).toEqual([dayMs, 5, 4 * 2 ** 30]);
    expect(load('store: { preset: pi, raw: 3d }').store.retention.rawMs).toBe(3 * dayMs);
  });

  test('names the session at another broker after the machine', () => {
    expect(load('broker: { url: "mqtt://a" }').broker).toEqual({
      is: 'external',
      host: 'a',
      port: 1883,
      isTls: false,
      clientId: 'wattline-bridge-barn',
    });
  });

  test('is looked for where it was named', () => {
    expect(machineWith({}).problems('missing.yml')).toEqual(['missing.yml: no such file']);
  });
});

test('the example is valid, with the secrets of the example', () => {
  const textOf = (name: string) => readFileSync(new URL(`../../../config/${name}`, import.meta.url), 'utf8');
  const text = textOf('bridge-data-server.yml');
  const { configuration } = machineWith({
    'bridge.yml': text,
    'secrets.yml': textOf('secrets.example.yml'),
  }).load();
  expect(configuration.sinks).toHaveLength(1);
  expect(configuration.store.retention.tiers).toHaveLength(5);
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=bridge.schema.json');
});
