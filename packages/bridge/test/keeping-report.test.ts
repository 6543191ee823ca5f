// The report: what it must say, and what it must never.

import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rememberFaults } from '../src/keeping/faults.ts';
import { openBridgeSite, publish, publisher, readingOf, roof } from './service-rig.ts';

const secrets = {
  token: 'tok3n-of-the-sink',
  second: 'password "with" a quote',
  fromEnvironment: 'from-the-environment',
};
/** As somebody may find them written. */
const spellings = Object.values(secrets).flatMap((secret) => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64'),
  Buffer.from(secret).toString('hex'),
]);

const sinks = `
sinks:
  - { name: influx, type: influxdb2, url: "http://127.0.0.1:9", org: home, token: "secret:influx" }
  - { name: other, type: influxdb1, url: "http://127.0.0.1:9", database: b, username: bob, password: '${secrets.second}' }
  - { name: third, type: influxdb2, url: "http://127.0.0.1:9", org: home, token: "\${SINK_TOKEN}" }
`;

test('it holds configuration, counters, faults and storage, and no secret in any spelling', {
  timeout: 60_000,
}, async () => {
  const site = await openBridgeSite();
  const { folder } = site;
  writeFileSync(join(folder, 'secrets.yml'), `influx: ${secrets.token}\n`, { mode: 0o600 });
  appendFileSync(join(folder, 'bridge.yml'), sinks);
  const environment = { SINK_TOKEN: secrets.fromEnvironment };
  const bridge = site.bridge(['run'], { environment });
  await bridge.untilSaid(/INFO {2}page http:\/\//);
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await publish(client, roof, [readingOf(0, Date.now())]);
  // Somebody sends what is to be kept aside, with a secret of ours in it.
  await client.publishAsync(roof, `no JSON ${secrets.token}`, { qos: 1 });
  await bridge.untilSaid(/WARN {2}Sink influx/);
  const out = join(folder, 'report.json');
  const ended = await site.bridge(['report', '--out', out], { environment }).ended;
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const text = readFileSync(out, 'utf8');
  expect(spellings.filter((spelling) => text.includes(spelling))).toEqual([]);
  const report = JSON.parse(text);
  expect(report).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    machine: { node: process.version },
    configuration: { site: { name: 'Cabin' }, sinks: [{ name: 'influx', token: '(secret)' }, {}, {}] },
    store: { parts: { log: expect.any(Number) }, rows: { log_aside: 1, log_series: 1 } },
    bridge: {
      '/api/status': { accounts: { stored: 1 }, set_aside: [{ beginning: 'no JSON (secret)' }] },
      '/api/devices': { devices: [{ name: 'roof' }] },
      '/api/faults': { faults: expect.arrayContaining([expect.objectContaining({ level: 'warn' })]) },
    },
  });
  expect(report.bridge['/metrics'].join('\n')).toContain('wattline_');
  const again = await site.bridge(['report', '--out', out], { environment }).ended;
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already') });
  await bridge.stop();
  const later = join(folder, 'later.json');
  expect(await site.bridge(['report', '--out', later], { environment }).ended).toMatchObject({ code: 0 });
  const without = JSON.parse(readFileSync(later, 'utf8'));
  expect(without.bridge['/api/status'].problem).toMatch(/ECONNREFUSED|connect/);
  expect(without.store.rows.log_series).toBe(1);
});

test('the newest two hundred faults are remembered, with their cause, and go on to the log', () => {
  const said: string[] = [];
  const say = (text: string) => said.push(text);
  const quiet = { error: say, warn: say, info: say, debug: say };
  const { log, list } = rememberFaults(quiet, () => 7);
  log.info('nothing wrong');
  for (let n = 0; n < 250; n++) log.warn(`fault ${n}`);
  log.error('the last', new Error('why'));
  expect(list()).toHaveLength(200);
  expect(list()[0]).toEqual({ time: 7, level: 'warn', text: 'fault 51' });
  expect(list().at(-1)).toEqual({ time: 7, level: 'error', text: 'the last: why' });
  expect(said).toHaveLength(252);
});
