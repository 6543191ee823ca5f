import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ConfigurationError, type Environment } from '@wattline/program';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadBridgeConfiguration } from '../src/config/load.ts';

function machineWith(files: { readonly [name: string]: string }, environment: Environment = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o600);
  }
  const load = (option?: string) =>
    loadBridgeConfiguration(option, {
      environment,
      workingDirectory: folder,
      homeDirectory: '/home/solar',
      hostName: 'server',
      timeZone: 'Europe/Rome',
      systemDirectory: join(folder, 'etc'),
    });
  const problems = (option?: string): readonly string[] => {
    try {
      load(option);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.message.split('\n');
      throw error;
    }
    return [];
  };
  return { folder, load, problems };
}

const load = (text: string) => machineWith({ 'bridge.yml': text }).load().configuration;
const problems = (text: string) => machineWith({ 'bridge.yml': text }).problems();

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

describe('without a file', () => {
  test('a bridge serves this machine, and keeps its store with the user', () => {
    expect(machineWith({}).load()).toEqual({
      configuration: {
        broker: { is: 'embedded', host: '127.0.0.1', port: 1883 },
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
        site: { name: 'server', timeZone: 'Europe/Rome' },
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
    expect(machineWith({}, { WATTLINE_WEB__LISTEN: '0.0.0.0:80' }).problems()[0]).toMatch(
      /^WATTLINE_WEB__LISTEN: web\.listen: 0\.0\.0\.0 can be reached from other machines/,
    );
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
web: { listen: "0.0.0.0:8080", hosts: [solar.local] }
site: { name: Cabin, timezone: America/Argentina/Buenos_Aires }
allow_anonymous: true
`;
    const { folder, load } = machineWith({
      'bridge.yml': text,
      'secrets.yml': 'mqtt: hunter2\ninflux: tokentoken',
    });
    const { configuration, secrets, file } = load();
    expect(file).toBe('bridge.yml');
    expect(secrets.toSorted()).toEqual(['hunter2', 'tokentoken']);
    const { broker, sinks } = configuration;
    expect(broker.is === 'external' && broker.password?.reveal()).toBe('hunter2');
    expect(sinks[0]?.token.reveal()).toBe('tokentoken');
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
      topics: ['victron/#', '+/x', '#'],
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
          createsBuckets: false,
        },
      ],
      web: { host: '0.0.0.0', port: 8080, hosts: ['solar.local'] },
      site: { name: 'Cabin', timeZone: 'America/Argentina/Buenos_Aires' },
      allowsAnonymous: true,
    });
    expect(inspect(configuration, { depth: 9, showHidden: true })).not.toMatch(/hunter2|tokentoken/);
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
      clientId: 'wattline-bridge-server',
    });
  });

  test('is looked for where it was named', () => {
    expect(machineWith({}).problems('missing.yml')).toEqual(['missing.yml: no such file']);
  });
});

const beyond = (host: string, what: string) =>
  `${host} can be reached from other machines, and this release knows no users: anyone there could ${what}. ` +
  'Listen on 127.0.0.1, or say allow_anonymous: true at the top level';

describe('one problem, one line', () => {
  test.each([
    [
      'a broker for other machines',
      'broker: { listen: "0.0.0.0:1883" }',
      `1:19: broker.listen: ${beyond('0.0.0.0', 'send readings')}`,
    ],
    [
      'a page for other machines',
      'web: { listen: "[::]:9999" }',
      `1:16: web.listen: ${beyond('::', 'see the page')}`,
    ],
    [
      'a broker in two ways',
      'broker: { listen: "127.0.0.1:1", url: "mqtt://a" }',
      '1:39: broker.url: expected either listen (the embedded broker) or url (another one), found both',
    ],
    [
      'a user of the embedded broker',
      'broker: { username: a }',
      '1:21: broker.username: only for a broker at url; the embedded one has no such key',
    ],
    [
      'a port out of range',
      'web: { listen: "127.0.0.1:99999" }',
      '1:16: web.listen: expected an address and a port such as 127.0.0.1:1883 or [::1]:1883, found "127.0.0.1:99999"',
    ],
    [
      'a topic that is no filter',
      'topics: [victron/#/x]',
      '1:10: topics[0]: expected a topic filter: levels between /, + for any one level, # at the end for all below, found "victron/#/x"',
    ],
    [
      'no topic',
      'topics: []',
      '1:1: topics: expected a list of at least one topic filter, found an empty list',
    ],
    [
      'a sink of a later release',
      'sinks:\n  - { name: old, type: influxdb1, url: "http://a", database: victron }',
      '2:24: sinks[0].type: expected "influxdb2", the only one of this release, found "influxdb1"',
    ],
    [
      'two sinks of one name',
      `sinks:\n${'  - { name: a, type: influxdb2, url: "http://a", org: b, token: c }\n'.repeat(2)}`,
      '3:13: sinks[1].name: sinks[0] has the name "a" already',
    ],
    [
      'a sink without a token',
      'sinks:\n  - { name: a, type: influxdb2, url: "http://a", org: b }',
      '2:5: sinks[0].token: missing; expected a token that may write',
    ],
    [
      'a window that does not fit a day',
      'store: { tiers: [{ every: 7m, keep: 1d }] }',
      '1:27: store.tiers[0].every: expected a duration that divides a day (2m, 5m, 30m, 2h and so on) or 1d, found "7m"',
    ],
    [
      'tiers in disorder',
      'store: { tiers: [{ every: 5m, keep: 1d }, { every: 2m, keep: 1d }] }',
      '1:52: store.tiers[1].every: tiers stand from the shortest window to the longest, each once',
    ],
    [
      'a window that is dropped before it ends',
      'store: { tiers: [{ every: 2h, keep: 1h }] }',
      '1:37: store.tiers[0].keep: a window is kept at least as long as it lasts',
    ],
    [
      'a size without a unit of ours',
      'store: { max_size: 20GB }',
      '1:20: store.max_size: expected a size such as 64MiB or 20GiB, at least 64MiB, found "20GB"',
    ],
    [
      'a preset that there is not',
      'store: { preset: sever }',
      '1:18: store.preset: expected one of server, pi, found "sever"; did you mean "server"?',
    ],
    [
      'a time zone that there is not',
      'site: { timezone: Europe/Roma }',
      '1:19: site.timezone: expected a time zone of the IANA list such as Europe/Rome, found "Europe/Roma"; did you mean "Europe/Rome"?',
    ],
    [
      'a time zone without summer',
      'site: { timezone: "+01:00" }',
      '1:19: site.timezone: expected a time zone of the IANA list such as Europe/Rome, found "+01:00"',
    ],
    [
      'an unknown key',
      'web: { lisen: "127.0.0.1:9999" }',
      '1:8: web.lisen: unknown key; did you mean "listen"?',
    ],
    [
      'the word for everybody in the wrong place',
      'web: { allow_anonymous: true }',
      '1:8: web.allow_anonymous: unknown key; it belongs to allow_anonymous',
    ],
  ])('%s', (_, text, line) => {
    expect(problems(text)).toEqual([`bridge.yml:${line}`]);
  });

  test('a password in a URL is refused and not printed', () => {
    const [line, ...more] = problems('broker: { url: "mqtt://solar:hunter2@a" }');
    expect(line).toBe(
      'bridge.yml:1:16: broker.url: a URL must not hold user and password: they have keys of their own',
    );
    expect(more).toEqual([]);
  });
});

test('several problems come at once, in the order of the file', () => {
  const text = [
    'broker: { listen: "0.0.0.0:1883" }',
    'store: { raw: 7, max_size: 1MiB }',
    'sinks:',
    '  - { name: a, type: sql }',
    `  - { name: b, type: influxdb2, url: a, org: b, token: "$${'{TOKEN}'}" }`,
    'webb: 1',
  ].join('\n');
  expect(problems(text).map((line) => line.replace(/(: [^:]*).*/, '$1'))).toEqual([
    'bridge.yml:1:19: broker.listen',
    'bridge.yml:2:15: store.raw',
    'bridge.yml:2:28: store.max_size',
    'bridge.yml:4:22: sinks[0].type',
    'bridge.yml:5:38: sinks[1].url',
    'bridge.yml:5:56: sinks[1].token',
    'bridge.yml:6:1: webb',
  ]);
});

test('values of any kind anywhere are told, and never crash', () => {
  for (const value of ['x', '[x]', '{ x: y }', '[[x]]', '[{ x: y }]', '~', '""', '[~]']) {
    for (const key of ['broker', 'topics', 'store', 'sinks', 'web', 'site', 'allow_anonymous']) {
      for (const line of problems(`${key}: ${value}`)) expect(line).toMatch(/^bridge\.yml:1:\d+: /);
    }
    const inner = `store: { tiers: [${value}, { every: ${value}, keep: ${value} }] }\nsinks: [${value}, { type: influxdb2, name: ${value} }]\nweb: { listen: ${value} }`;
    for (const line of problems(inner)) expect(line).toMatch(/^bridge\.yml:[123]:\d+: /);
  }
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
