import { describe, expect, test } from 'vitest';
import { machineWith } from './config-surroundings.ts';

const problems = (text: string) => machineWith({ 'bridge.yml': text }).problems();

test('a token file that is not there, or holds more than a token', () => {
  const text = 'sinks:\n  - { name: a, type: influxdb2, url: "http://a", org: b, token_file: token }';
  const problem = 'bridge.yml: sinks[0].token_file: token:';
  expect(machineWith({ 'bridge.yml': text }).problems()).toEqual([
    `${problem} cannot be read (no such file)`,
  ]);
  expect(machineWith({ 'bridge.yml': text, token: 'one two' }).problems()).toEqual([
    `${problem} expected one token and nothing else in this file`,
  ]);
});

describe('one problem, one line', () => {
  test.each([
    [
      'a certificate without its key',
      'web: { tls: { cert: a.pem } }',
      '1:8: web.tls.key: missing; expected the path of a file',
    ],
    [
      'a certificate for the broker of another',
      'broker: { url: "mqtt://a", tls: { cert: a.pem, key: b.pem } }',
      '1:28: broker.tls: only for the embedded broker (listen); for the one at url it is ca',
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
      'alerts that nobody gets',
      'alerts: { hold: 5m }',
      '1:1: alerts: expected mqtt, webhook, or both: else nobody is told',
    ],
    [
      'alerts below a wildcard',
      'alerts: { mqtt: alerts/# }',
      '1:17: alerts.mqtt: expected a topic without wildcards such as wattline/bridge/alerts, found "alerts/#"',
    ],
    [
      'a webhook that is no URL, which is not shown',
      'alerts: { webhook: "ftp://x/hunter2" }',
      '1:20: alerts.webhook: expected a URL such as https://hooks.example.org/solar, found (secret)',
    ],
    [
      'a key that alerts do not have',
      'alerts: { mqtt: a, email: b }',
      '1:20: alerts.email: unknown key; known here: mqtt, webhook, hold, levels',
    ],
    [
      'no topic',
      'topics: []',
      '1:1: topics: expected a list of at least one topic filter, found an empty list',
    ],
    [
      'a sink of a later release',
      'sinks:\n  - { name: old, type: mariadb, url: "http://a", database: victron }',
      '2:24: sinks[0].type: expected one of influxdb2, influxdb1, csv, jsonl, found "mariadb"',
    ],
    [
      'two sinks of one name',
      `sinks:\n${'  - { name: a, type: influxdb2, url: "http://a", org: b, token: c }\n'.repeat(2)}`,
      '3:13: sinks[1].name: this is the name of sinks[0] already',
    ],
    [
      'a sink without a token',
      'sinks:\n  - { name: a, type: influxdb2, url: "http://a", org: b }',
      '2:5: sinks[0].token: expected either token or token_file, found neither',
    ],
    [
      'a sink with two tokens',
      'sinks:\n  - { name: a, type: influxdb2, url: "http://a", org: b, token: c, token_file: d }',
      '2:65: sinks[0].token: expected either token or token_file, found both',
    ],
    [
      'a password of nobody',
      'sinks:\n  - { name: a, type: influxdb1, url: "http://a", password: c }',
      '2:60: sinks[0].password: a password without username',
    ],
    [
      'a folder of files that keeps no whole day',
      'sinks:\n  - { name: a, type: csv, path: files, keep: 1h }',
      '2:46: sinks[0].keep: expected a duration such as 27s, 5m, 2h, 7d, 1y or forever, from 1d to 100y, found "1h"',
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
    'broker: { listen: "0.0.0.0" }',
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
