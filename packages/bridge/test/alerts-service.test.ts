// Alerts of the whole program, by its own broker and by another, and to a server.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { hasMosquitto, startMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { checkAccounts } from '../src/web/accounts.ts';
import type { StatusView } from '../src/web/status-views.ts';
import { receiver } from './alerts-rig.ts';
import { openBridgeSite, publish, readingOf } from './service-rig.ts';

const shunt = 'victron/smartshunt/bank';

/** What is published below a topic, as it comes. */
async function listener(url: string, filter: string) {
  const client: MqttClient = await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 50 });
  client.on('error', () => undefined);
  onTestFinished(() => client.endAsync(true));
  const heard: { topic: string; event: unknown }[] = [];
  client.on('message', (topic, payload) =>
    heard.push({ topic, event: JSON.parse(payload.toString()).event }),
  );
  client.on('connect', () => client.subscribe(filter, { qos: 1 }));
  await client.subscribeAsync(filter, { qos: 1 });
  return { client, heard };
}

async function alarmComesAndGoes(url: string | undefined): Promise<void> {
  const hook = await receiver();
  const site = await openBridgeSite(url);
  const broker = url ?? `mqtt://127.0.0.1:${site.brokerPort}`;
  const alerts = `alerts: { mqtt: wattline/bridge/alerts, webhook: "${hook.url}", hold: 1s }\n`;
  appendFileSync(join(site.folder, 'bridge.yml'), alerts);
  const bridge = await site.start();
  await site.until<StatusView>('/api/status', (status) => status.broker.connected);
  const { client, heard } = await listener(broker, 'wattline/bridge/alerts/#');
  const say = (sequence: number, alarms: readonly string[]) =>
    publish(client, shunt, [
      readingOf(sequence, Date.now(), { kind: 'battery', values: { alarms: [...alarms] } }),
    ]);

  await say(0, ['low voltage']);
  await expect.poll(() => [heard.length, hook.posted.length], { timeout: 15_000 }).toEqual([1, 1]);
  expect(heard[0]?.event).toBe('begin');
  expect(heard[0]?.topic).toMatch(/^wattline\/bridge\/alerts\/bank-[0-9a-f]{10}\/alarms\.low_voltage$/);

  // Until that is written down a kill would send it again, under the same id.
  await site.until<StatusView>('/api/status', ({ alerts: ways }) => ways.every(({ sent }) => sent === 1));
  await bridge.stop('SIGKILL');
  await site.start();
  await site.until<StatusView>('/api/status', (status) => status.broker.connected);
  await expect.poll(() => client.connected).toBe(true);
  await say(1, ['low voltage']);
  await say(2, []);
  await expect.poll(() => [heard.length, hook.posted.length], { timeout: 15_000 }).toEqual([2, 2]);
  expect(heard.map(({ event }) => event)).toEqual(['begin', 'end']);
  expect(hook.events()).toEqual(['begin alarms.low voltage', 'end alarms.low voltage']);
  const status = await site.until<StatusView>('/api/status', (each) =>
    each.alerts.every(({ pending }) => pending === 0),
  );
  expect(checkAccounts(status)).toEqual([]);
  expect(status.alerts).toMatchObject([
    { channel: 'mqtt', queued: 2, sent: 2 },
    { channel: 'webhook', queued: 2, sent: 2 },
  ]);
  const log = await site.bridge(['status', '--json']).ended;
  expect(log.stdout + JSON.stringify(status)).not.toContain('path-is-a-password');
}

test(
  'an alarm is told once and its end once, across a kill, by the embedded broker and a webhook',
  {
    timeout: 60_000,
  },
  () => alarmComesAndGoes(undefined),
);

test.skipIf(!hasMosquitto(process.env))(
  'an alarm is told once and its end once, across a kill, by a broker of its own and a webhook',
  { timeout: 60_000 },
  async () => {
    const mosquitto = await startMosquitto();
    onTestFinished(() => mosquitto.remove());
    await alarmComesAndGoes(mosquitto.url);
  },
);
