// `record` and `--replay`: what was captured reads as the device did.

import { formatBlock } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { openVirtualSerial } from '../../simulator/src/serial/virtual-serial.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { agentFile, entryOf, openInstallation } from './agent-rig.ts';
import { startAedes, subscribeAll } from './delivery-brokers.ts';
import { ptyProgramsHere } from './virtual-serial-rig.ts';

const hasTerminals = (await ptyProgramsHere()).length > 0;

describe('a recording of a broadcasting device', () => {
  test('holds its packets only, and stands in for it when it is gone', async () => {
    const site = await openInstallation();
    const broker = await startAedes();
    const observer = await subscribeAll(broker, 4);
    const roof = site.charger('roof');
    site.charger('shed');
    const devices = [entryOf(roof)];
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices }));
    const recorded = await site.agent(['record', 'roof', '--out', 'roof.jsonl', '--for', '1s']).ended;
    expect(recorded).toMatchObject({ code: 0, stdout: '' });
    expect(recorded.stderr).toMatch(/^roof\.jsonl: [1-9]\d* packets of roof\n$/);
    const [header, ...entries] = site
      .read('roof.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(header).toMatchObject({ recording: 1, definition: 'victron-ble', medium: 'advertisement' });
    expect(new Set(entries.map(({ address }) => address))).toEqual(new Set([roof.address]));
    expect(site.read('roof.jsonl')).not.toContain(roof.key);

    roof.peripheral.vanish();
    const read = await site.agent(['--replay', 'roof.jsonl', 'read', 'roof', '--json']).ended;
    expect(read).toMatchObject({ code: 0, stderr: '' });
    const recordedMs = Date.parse(header.when) + entries[0].ms;
    expect(JSON.parse(read.stdout)).toMatchObject({
      ...{ name: 'roof', time: recordedMs, values: { battery_voltage: 13.2 } },
    });
    const scan = await site.agent(['--replay', 'roof.jsonl', 'scan', '--json']).ended;
    expect(JSON.parse(scan.stdout)).toMatchObject({ address: roof.address, configured: 'roof' });
    const once = await site.agent(['--replay', 'roof.jsonl', 'once']).ended;
    expect(once.code).toBe(0);
    expect(once.stderr).toContain('roof is not read: roof.jsonl stands in for it');
    const [reading] = observer.arrivals.filter(({ topic }) => topic === 'victron/smartsolar/roof');
    expect(JSON.parse(reading?.payload ?? '{}')).toMatchObject({
      ...{ battery_voltage: 13.2, _timestamp: recordedMs },
    });
  });

  test('may be a device of the configuration', async () => {
    const site = await openInstallation();
    const roof = site.charger('roof');
    const port = await freePort();
    site.write('agent.yml', agentFile({ ...site, port, devices: [entryOf(roof)] }));
    await site.agent(['record', 'roof', '--out', 'roof.jsonl', '--for', '1s']).ended;
    const device = `{ name: any, definition: victron-ble, replay: roof.jsonl, key: ${roof.key} }`;
    site.write('agent.yml', agentFile({ ...site, port, devices: [device] }));
    const { code, stdout } = await site.agent(['read', 'any', '--json']).ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'any', values: { battery_voltage: 13.2 } });

    const [header = ''] = site.read('roof.jsonl').split('\n');
    site.write('roof.jsonl', header);
    const empty = await site.agent(['read', 'any']).ended;
    expect(empty.code).toBe(5);
    expect(empty.stderr).toMatch(
      /^any: no reading.*: the recording .*roof\.jsonl holds no reading of any\n$/,
    );
  });

  test('that is missing, none, of another device or without a place is named: 2', async () => {
    const site = await openInstallation();
    const roof = site.charger('roof');
    const shunt = '{ name: shunt, definition: vedirect-text, port: /dev/ttyVE }';
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [entryOf(roof), shunt] }));
    await site.agent(['record', 'roof', '--out', 'roof.jsonl', '--for', '1s']).ended;
    const wrong = [
      { words: ['--replay', 'none.jsonl', 'read', 'roof'], says: 'the recording none.jsonl cannot be read' },
      { words: ['--replay', 'agent.yml', 'read', 'roof'], says: 'agent.yml is no recording of this version' },
      {
        words: ['--replay', 'roof.jsonl', 'read', 'shunt'],
        says: 'roof.jsonl is no recording of vedirect-text',
      },
      { words: ['--replay', 'roof.jsonl', 'record', 'roof', '--out', 'x'], says: 'no --replay' },
      { words: ['record', 'roof', '--out', 'nowhere/x'], says: 'the recording cannot be written: ENOENT' },
    ];
    for (const { words, says } of wrong) {
      const { code, stdout, stderr } = await site.agent(words).ended;
      expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: '' });
      expect(stderr).toContain(says);
    }
  });

  test('without a packet ends with 5 and likely causes', async () => {
    const site = await openInstallation();
    const roof = site.charger('roof');
    roof.peripheral.vanish();
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [entryOf(roof)] }));
    const { code, stderr } = await site.agent(['record', 'roof', '--out', 'roof.jsonl', '--for', '1s']).ended;
    expect(code).toBe(5);
    expect(stderr).toMatch(/^roof: FA:AC:27:00:00:01 was not heard: .*\nroof\.jsonl: 0 packets of roof\n$/);
  });
});

test.skipIf(!hasTerminals)('a recording of a cable is read in whole rounds', async () => {
  const site = await openInstallation();
  const port = `${site.folder}/ttyVE`;
  const line = await openVirtualSerial(port);
  const blocks = [
    formatBlock([
      ['PID', '0xA389'],
      ['V', '12800'],
    ]),
    formatBlock([['H1', '-55000']]),
  ];
  const sending = setInterval(() => line.write(Buffer.concat(blocks)), 200);
  const shunt = `{ name: shunt, definition: vedirect-text, port: "${port}" }`;
  site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [shunt] }));
  try {
    const recorded = await site.agent(['record', 'shunt', '--out', 'shunt.jsonl', '--for', '1s']).ended;
    expect(recorded.code).toBe(0);
    expect(recorded.stderr).toMatch(/^shunt\.jsonl: [1-9]\d* chunks of shunt\n$/);
  } finally {
    clearInterval(sending);
    await line.close();
  }
  const { code, stdout } = await site.agent(['--replay', 'shunt.jsonl', 'read', 'shunt', '--json']).ended;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    values: { battery_voltage: 12.8, battery_discharge_deepest: 55 },
  });
});
