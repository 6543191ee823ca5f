// Commands with which a person looks at an installation: scan, read, check. They publish nothing.

import { spawnSync } from 'node:child_process';
import { formatBlock } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { victronFrame } from '../../protocols/test/victron-frame.ts';
import { manufacturerAdvertising } from '../../simulator/src/radio/advertising-payload.ts';
import { createPeripheral } from '../../simulator/src/radio/peripheral.ts';
import { openVirtualSerial } from '../../simulator/src/serial/virtual-serial.ts';
import { freePort } from '../../simulator/src/services/free-port.ts';
import { hasMosquitto } from '../../simulator/src/services/mosquitto.ts';
import { agentFile, entryOf, openInstallation } from './agent-rig.ts';
import { startTestMosquitto, subscribeAll } from './delivery-brokers.ts';
import { ptyProgramsHere } from './virtual-serial-rig.ts';

const jsonLines = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const hasTerminals = (await ptyProgramsHere()).length > 0;
const wrongKey = '00'.repeat(16);

describe('scan', () => {
  test('lists what is in reach, and what to write down for what is not configured', async () => {
    const site = await openInstallation();
    const roof = site.charger('roof');
    const shed = site.charger('Shed 2');
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [entryOf(roof)] }));
    const { code, stdout, stderr } = await site.agent(['scan', '--for', '1s']).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^address +dBm +model +name +definition +configured\n/);
    expect(stdout).toMatch(
      /FA:AC:27:00:00:01 +-60 +SmartSolar Charger MPPT 100\/50 +roof +victron-ble +roof\n/,
    );
    expect(stdout).toMatch(
      /FA:AC:27:00:00:02 +-60 +SmartSolar Charger MPPT 100\/50 +Shed 2 +victron-ble +no\n/,
    );
    const advice = `- name: Shed-2\n  definition: victron-ble\n  address: "${shed.address}"\n  key: secret:Shed-2\n`;
    expect(stdout).toContain(advice);
    expect(stdout).not.toContain('- name: roof');
  });

  test('prints one JSON a device', async () => {
    const site = await openInstallation();
    const { address } = site.charger('roof');
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [] }));
    const { code, stdout } = await site.agent(['scan', '--for', '1s', '--json']).ended;
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toContainEqual({
      ...{ address, definition: 'victron-ble', kind: 'solar_charger', name: 'roof', needs: 'key' },
      ...{ model: 'SmartSolar Charger MPPT 100/50', signal_strength: -60 },
    });
  });

  test('says why nothing was heard', async () => {
    const site = await openInstallation();
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [] }));
    const quiet = await site.agent(['scan', '--for', '1s']).ended;
    expect(quiet.stderr).toContain('no device that this release reads was heard');
    site.write(
      'agent.yml',
      agentFile({ adapter: `tcp:127.0.0.1:${await freePort()}`, port: await freePort(), devices: [] }),
    );
    const deaf = await site.agent(['scan', '--for', '10s']).ended;
    expect(deaf.stderr).toContain('nothing was heard: no Bluetooth controller at tcp:127.0.0.1');
  });

  test('needs no configuration, but says when the one that is there is not used', async () => {
    const site = await openInstallation();
    const without = await site.agent(['scan', '--for', '1s']).ended;
    expect(without.code).not.toBe(2);
    expect(without.stderr).not.toContain('configuration');
    site.write('agent.yml', 'devises: []\n');
    const broken = await site.agent(['scan', '--for', '1s']).ended;
    expect(broken.code).toBe(without.code);
    expect(broken.stderr).toMatch(
      /the configuration is not used:\n(.*\n)*.*agent\.yml:1:1: devises: unknown key/,
    );
    expect(await site.agent(['-C', 'agent.yml', 'scan']).ended).toMatchObject({ code: 2 });
  });
});

describe('read', () => {
  test('prints one device with units, or as JSON, and publishes nothing', async () => {
    const site = await openInstallation();
    const roof = site.charger('roof');
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [entryOf(roof)] }));
    const shown = await site.agent(['read', 'roof']).ended;
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^roof: SmartSolar Charger MPPT 100\/50, solar_charger, .*, -60 dBm\n/);
    expect(shown.stdout).toMatch(/\nbattery_voltage +13\.2 +V\n/);
    expect(shown.stdout).toMatch(/\nload_current +unknown\n/);
    const startedMs = Date.now();
    const { code, stdout } = await site.agent(['read', 'roof', '--json']).ended;
    expect(code).toBe(0);
    const [reading] = jsonLines(stdout);
    expect(reading).toMatchObject({
      ...{
        name: 'roof',
        definition: 'victron-ble',
        record: '0x01',
        kind: 'solar_charger',
        signal_strength: -60,
      },
      values: { charge_state: 'bulk', battery_voltage: 13.2, load_current: null },
    });
    expect((reading as { time: number }).time).toBeGreaterThanOrEqual(startedMs);
  });

  test('ends at once with a key that does not fit', async () => {
    const site = await openInstallation();
    const roof = { ...site.charger('roof'), key: wrongKey };
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [entryOf(roof)] }));
    const { code, stdout, stderr } = await site.agent(['read', 'roof']).ended;
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(
      /^roof: no reading: the key begins with 00, the device uses one that begins with 5e/,
    );
  });

  test.skipIf(!hasTerminals)('--raw shows the labels of a cable that have no name', async () => {
    const site = await openInstallation();
    const port = `${site.folder}/ttyVE`;
    const line = await openVirtualSerial(port);
    const block = formatBlock([
      ['PID', '0xA053'],
      ['V', '13000'],
      ['Q7', 'new'],
    ]);
    const sending = setInterval(() => line.write(block), 100);
    const device = `{ name: shed, definition: vedirect-text, port: "${port}" }`;
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [device] }));
    try {
      const { code, stdout } = await site.agent(['read', 'shed', '--raw']).ended;
      expect(code).toBe(0);
      expect(stdout).toMatch(/\nlabel without a name +text +heard\nQ7 +new +\d+\n$/);
      const json = await site.agent(['read', 'shed', '--raw', '--json']).ended;
      expect(jsonLines(json.stdout)).toMatchObject([
        { values: { battery_voltage: 13 }, unknown: { Q7: { text: 'new' } } },
      ]);
    } finally {
      clearInterval(sending);
      await line.close();
    }
  });
});

describe.skipIf(!hasMosquitto(process.env))('check', () => {
  test('tells a sound device, a wrong key, one out of reach and the broker apart', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    const observer = await subscribeAll(broker);
    const roof = site.charger('roof');
    const shed = { ...site.charger('shed'), key: wrongKey };
    const away = site.charger('away');
    away.peripheral.vanish();
    const devices = [roof, shed, away].map((charger) => entryOf(charger));
    const cable = '{ name: cable, definition: vedirect-text, port: /dev/serial/by-id/none }';
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices: [...devices, cable] }));
    const { code, stdout, stderr } = await site.agent(['check', '--json']).ended;
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(jsonLines(stdout)).toEqual([
      { what: 'broker', ok: true, text: `127.0.0.1:${broker.port} takes us by MQTT 5` },
      {
        ...{ what: 'roof', ok: true },
        text: expect.stringMatching(
          /^SmartSolar.*, -60 dBm: charge_state bulk, battery_voltage 13\.2 V, pv_power \d+ W$/,
        ),
      },
      { what: 'shed', ok: false, text: expect.stringMatching(/^the key begins with 00/) },
      {
        what: 'away',
        ok: false,
        text: expect.stringMatching(/^FA:AC:27:00:00:03 was not heard: out of reach/),
      },
      {
        what: 'cable',
        ok: false,
        text: expect.stringMatching(/^there is no serial port \/dev\/serial\/by-id\/none/),
      },
    ]);
    expect(observer.arrivals).toEqual([]);
  });

  test('all well ends at once with 0; values that can hardly be true are doubted', async () => {
    const site = await openInstallation();
    const broker = await startTestMosquitto();
    const roof = site.charger('roof');
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices: [entryOf(roof)] }));
    const { code, stdout } = await site.agent(['check']).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {4}broker: .*\nok {4}roof: .*\n$/);
    const key = Buffer.from(roof.key, 'hex');
    const record = Uint8Array.of(0x55, 0, 0x14, 5, ...new Uint8Array(8).fill(0xff));
    const payload = victronFrame(0x01, record, { key, nonce: 1 });
    roof.peripheral.vanish();
    site.put(
      createPeripheral({
        address: roof.address,
        advertising: manufacturerAdvertising(0x02e1, payload),
        ...{ addressType: 'random', intervalMs: 100 },
      }),
    );
    const doubted = await site.agent(['check']).ended;
    expect(doubted.code).toBe(0);
    expect(doubted.stdout).toMatch(
      /\nDOUBT roof: .*; charge_state unknown_85: if the device's own display shows others/,
    );
  });

  test('a broker that is not there, and one that refuses the agent', async () => {
    const site = await openInstallation();
    const roof = site.charger('roof');
    const devices = [entryOf(roof)];
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices }));
    const absent = await site.agent(['check']).ended;
    expect(absent).toMatchObject({ code: 4, stderr: '' });
    expect(absent.stdout).toMatch(/^FAULT broker: .*nothing listens there.*\nok {4}roof: /);
    const users = site.write('users', '');
    spawnSync('mosquitto_passwd', ['-b', users, 'barn', 'right']);
    const broker = await startTestMosquitto({ lines: [`password_file ${users}`] });
    const login = 'username: barn, password: wrong';
    site.write('agent.yml', agentFile({ ...site, port: broker.port, devices, login }));
    const refused = await site.agent(['check']).ended;
    expect(refused).toMatchObject({ code: 4, stderr: '' });
    expect(refused.stdout).toMatch(
      /^FAULT broker: .*refuses the agent.*check mqtt\.username and mqtt\.password/,
    );
  });

  test('--offline asks nobody', async () => {
    const site = await openInstallation();
    const roof = site.charger('roof');
    site.write('agent.yml', agentFile({ ...site, port: await freePort(), devices: [entryOf(roof)] }));
    const { code, stdout, stderr } = await site.agent(['check', '--offline']).ended;
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'ok    configuration: devices: roof\n',
      stderr: '',
    });
  });
});
