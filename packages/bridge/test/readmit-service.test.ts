// The command, with the bridge running and without it.

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Readmitted } from '../src/log/readmit.ts';
import type { DeviceView } from '../src/web/api.ts';
import type { StatusView } from '../src/web/status-views.ts';
import { openBridgeSite, publisher } from './service-rig.ts';

const qos = { qos: 1 } as const;

test('a device that nobody had named is taken back by the bridge that runs, another by the store at rest', {
  timeout: 60_000,
}, async () => {
  const site = await openBridgeSite();
  const first = await site.start();
  const client = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await client.publishAsync('victron/Shunt1/Voltage', '13.26', qos);
  await client.publishAsync('victron/Shunt1/latest', '{"half":', qos);
  const before = await site.ask<StatusView>('/api/status');
  expect(before.accounts).toMatchObject({ received: 2, stored: 0 });
  expect(before.set_aside[1]?.detail).toContain('victron_devices: { Shunt1: smartshunt }');
  await first.stop();

  const config = join(site.folder, 'bridge.yml');
  appendFileSync(config, 'replaced_programs: { victron_devices: { Shunt1: smartshunt } }\n');
  const second = await site.start();
  const running = await site.bridge(['readmit']).ended;
  expect(running).toMatchObject({ code: 0, stderr: '' });
  expect(running.stdout.trim().split('\n').toSorted()).toEqual([
    'not_json: 1 still set aside',
    'unknown_shape: 1 stored',
  ]);
  const after = await site.ask<StatusView>('/api/status');
  expect(after.accounts).toMatchObject({ received: 2, stored: 1, aside: { not_json: 0, unknown_shape: 1 } });
  const { devices } = await site.ask<{ devices: readonly DeviceView[] }>('/api/devices');
  expect(devices).toMatchObject([
    { topic: 'victron/smartshunt/Shunt1', kind: 'battery', values: { battery_voltage: { value: 13.26 } } },
  ]);
  const other = await publisher(`mqtt://127.0.0.1:${site.brokerPort}`);
  await other.publishAsync('victron/Phoenix1/Status', '9: Inverting', qos);
  await second.stop();

  const named = readFileSync(config, 'utf8').replace('{ Shunt1', '{ Phoenix1: phoenix, Shunt1');
  writeFileSync(config, named);
  const resting = await site.bridge(['readmit', '--json']).ended;
  // Half a message of a device that has a name now is none of its program's.
  const { readmitted } = JSON.parse(resting.stdout);
  expect(readmitted.toSorted((a: Readmitted, b: Readmitted) => (a.became < b.became ? 1 : -1))).toEqual([
    { reason: 'unknown_shape', became: 'stored', count: 1 },
    { reason: 'unknown_shape', became: 'aside', count: 1 },
  ]);
  const { stdout } = await site.bridge(['export', 'Phoenix1', '--format', 'jsonl']).ended;
  expect(JSON.parse(stdout)).toMatchObject({ device_state: 'inverting' });
});
