// The whole bridge under messages and requests that mean harm: each costs itself, is counted, and the readings of an honest
// device go on being stored.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { hasMosquitto, startMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { accountsOf, unexplained } from '../src/web/accounts.ts';
import type { StatusView } from '../src/web/status-views.ts';
import { type BridgeSite, openBridgeSite, publish, publisher, readingOf, roof } from './service-rig.ts';

type Client = Pick<MqttClient, 'publishAsync' | 'endAsync'>;

/** MiB that the program holds. */
const heldMiB = (pid: number): number => {
  const [, kib = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
};

/** Publishes all, a thousand at a time, and resolves when the broker has confirmed them. */
async function publishMany(
  client: Client,
  messages: Iterable<readonly [topic: string, payload: string]>,
): Promise<void> {
  let under: Promise<unknown>[] = [];
  for (const [topic, payload] of messages) {
    under.push(client.publishAsync(topic, payload, { qos: 1 }));
    if (under.length < 1000) continue;
    await Promise.all(under);
    under = [];
  }
  await Promise.all(under);
}

async function siteWithHonest(broker?: string): Promise<{
  site: BridgeSite;
  pid: number;
  client: Client;
  honest(sequence: number): Promise<void>;
}> {
  const site = await openBridgeSite(broker);
  const { pid } = await site.start();
  await site.until<StatusView>('/api/status', (status) => status.broker.connected);
  const client = await publisher(broker ?? `mqtt://127.0.0.1:${site.brokerPort}`);
  const steady = await publisher(broker ?? `mqtt://127.0.0.1:${site.brokerPort}`);
  return {
    site,
    pid,
    client,
    honest: (sequence) => publish(steady, roof, [readingOf(sequence, Date.now())]),
  };
}

const statusOf = (site: BridgeSite) => site.ask<StatusView>('/api/status');

/** @param broker absent: the embedded one */
async function expectBounded(broker?: string): Promise<void> {
  const { site, client, honest } = await siteWithHonest(broker);
  const payloads = {
    deep: '['.repeat(100_000),
    deepObject: '{"a":'.repeat(50_000),
    closedDeep: `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
    number: '{"pv_power":1e400}',
    digits: `{"pv_power":${'9'.repeat(10_000)}}`,
    prototype: '{"__proto__":{"polluted":1},"pv_power":1}',
    constructor: '{"constructor":{"prototype":{"polluted":1}},"pv_power":1}',
    nul: '{"pv_power":1,"a\\u0000b":2}',
    twice: '{"pv_power":1,"pv_power":2}',
    longName: `{"${'n'.repeat(70_000)}":1}`,
    longText: `{"charge_state":"${'x'.repeat(200_000)}"}`,
    fields: `{${Array.from({ length: 10_000 }, (_, index) => `"field_${index}":${index}`).join()}}`,
    empty: '',
    blank: ' '.repeat(100_000),
    bytes: '\u0000\u0001\u0002',
    list: `[${'1,'.repeat(50_000)}1]`,
  };
  for (const [name, payload] of Object.entries(payloads))
    await publishMany(client, [[`victron/bomb/${name}`, payload]]);
  await honest(0);

  const all = Object.keys(payloads).length + 1;
  const status = await site.until<StatusView>('/api/status', ({ accounts }) => accounts.received >= all);
  expect(accountsOf(status).filter(unexplained)).toEqual([]);
  expect(status.accounts.received).toBe(all);
  const { devices } = await site.ask<{ devices: { name: string; values: object }[] }>('/api/devices');
  // Those whose JSON is a flat object; which values they may show is checked by name.
  expect(Object.keys(devices.find(({ name }) => name === 'prototype')?.values ?? {})).not.toContain(
    'polluted',
  );
  expect(devices.find(({ name }) => name === 'number')?.values ?? {}).not.toHaveProperty(
    'pv_power.value',
    Number.POSITIVE_INFINITY,
  );
  expect(devices.map(({ name }) => name)).toContain('roof');
  expect({}).not.toHaveProperty('polluted');
}

const bounded = 'payloads that are no reading are set aside or stored as what they are, never more';

test(bounded, { timeout: 60_000 }, () => expectBounded());

test.skipIf(!hasMosquitto(process.env))(`through Mosquitto: ${bounded}`, { timeout: 60_000 }, async () => {
  const mosquitto = await startMosquitto();
  onTestFinished(() => mosquitto.remove());
  await expectBounded(mosquitto.url);
});

test('a hundred thousand devices and ten thousand fields are bounded and counted', {
  timeout: 120_000,
}, async () => {
  const { site, pid, client, honest } = await siteWithHonest();
  await honest(0);
  const now = Date.now();
  function* devices(): Generator<readonly [string, string]> {
    for (let index = 0; index < 100_000; index++)
      yield [`victron/flood/device-${index}`, `{"_timestamp":${now},"pv_power":${index}}`];
  }
  function* fields(): Generator<readonly [string, string]> {
    for (let message = 0; message < 20; message++) {
      const values = Array.from({ length: 500 }, (_, index) => `"field_${message}_${index}":1`);
      yield ['victron/flood/fields', `{"_timestamp":${now + message},${values.join()}}`];
    }
  }
  await publishMany(client, fields());
  await publishMany(client, devices());
  await honest(1);
  const status = await statusOf(site);
  expect(accountsOf(status).filter(unexplained)).toEqual([]);
  expect(status.accounts.received).toBe(100_022);
  const setAside = Object.values(status.accounts.aside).reduce((sum, count) => sum + count, 0);
  expect(setAside).toBeGreaterThan(80_000);
  expect(status.accounts.stored + setAside).toBe(100_022);
  const held = heldMiB(pid);
  console.error(`hostile: ${Math.round(held)} MiB after 100,000 devices and 10,000 fields`);
  expect(held).toBeLessThan(512);
  const roofNow = await site.ask<{ readings?: number; values: { pv_power: { value: number } } }>(
    '/api/devices/roof',
  );
  expect(roofNow.values.pv_power.value).toBe(1);
});

test('requests that mean harm are answered shortly, or not at all', { timeout: 60_000 }, async () => {
  const { site, honest } = await siteWithHonest();
  await honest(0);
  const raw = (request: string): Promise<string> =>
    new Promise((resolve) => {
      let answer = '';
      const socket = connect({ port: site.pagePort, host: '127.0.0.1' });
      socket.on('data', (bytes) => {
        answer += bytes;
      });
      // A reset is an end as well.
      socket.on('error', () => {});
      socket.on('close', () => resolve(answer));
      socket.write(request);
    });
  // Never finished: the header stops in the middle.
  const slow = raw('GET /api/devices HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  const host = `Host: localhost:${site.pagePort}\r\nConnection: close\r\n`;
  expect(await raw(`GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(100_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431/);
  for (const path of [
    '/../bridge.db',
    '/..%2f..%2fetc/passwd',
    '/assets/..%5c..%5cbridge.db',
    '/%2e%2e/%2e%2e/etc/passwd',
  ])
    expect(await raw(`GET ${path} HTTP/1.1\r\n${host}\r\n`)).toMatch(/^HTTP\/1\.1 40[034]/);
  const id = (await site.ask<{ devices: { id: string }[] }>('/api/devices')).devices[0]?.id;
  for (const query of [
    `series?device=${id}&field=pv_power&from=0&to=9e15&points=1000000000`,
    `series?device=${id}&field=pv_power&from=-1e308&to=1e308&points=10`,
    `series?device=${'x'.repeat(5_000)}&field=y`,
    `export?device=${id}&tier=${'9'.repeat(400)}m`,
    'alarms?from=NaN&to=Infinity',
  ]) {
    const answer = await fetch(`http://127.0.0.1:${site.pagePort}/api/${query}`);
    expect([400, 404], query).toContain(answer.status);
    expect(await answer.json()).toMatchObject({
      error: { code: expect.any(String), message: expect.any(String) },
    });
  }
  const body = await fetch(`http://127.0.0.1:${site.pagePort}/api/agents/barn/stay_awake`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"minutes":${' '.repeat(3_000_000)}5}`,
  });
  expect(body.status).toBe(413);
  expect(await slow).toMatch(/^HTTP\/1\.1 408|^$/);
  await honest(1);
});
