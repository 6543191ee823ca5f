import { describe, expect, test } from 'vitest';
import { machineWith } from './config-surroundings.ts';

/** The delivered example of the replaced tool, with its two traps: an address of digits, a key that looks like a float. */
const delivered = `devices:
    - name: HQ123456NKZ
      type: smartsolar
      protocol: bluetooth
      mac: FA:AC:27:84:C6:6F
      encryptionKey: 28a2158cf5b76f78b539e4140567b36f
    - name: Barn
      type: smartsolar
      protocol: bluetooth
      mac: 10:20:30:40:50:59
      encryptionKey: 12345678901234567890123456789e10

mqtt:
    host: broker.example
    port: 1883
    base_topic: victron
    hass: False
    username: solar
    password: secret
`;

const bridges = `influxdb:
    address: 127.0.0.1
    port: 8086
    database: victron
    username: 
    password: 

mqtt:
    address: 127.0.0.1
    port: 1883
    topic: victron/+/+    # victron/TYPE/NAME
    username: 
    password: 
`;

const withDevice = (keys: string) => `devices:\n  - { ${keys} }\nmqtt: { host: a, base_topic: victron }\n`;
const load = (text: string) => machineWith({ 'config.yml': text }).load();
const problems = (text: string) => machineWith({ 'config.yml': text }).problems();

describe('the file of the replaced Victron tool', () => {
  test('is found as config.yml and read as it is', () => {
    const { configuration, notices, file } = load(delivered);
    expect([file, notices]).toEqual(['config.yml', []]);
    expect(configuration.mqtt).toMatchObject({ host: 'broker.example', port: 1883, username: 'solar' });
    expect(configuration.mqtt.password?.reveal()).toBe('secret');
    expect(configuration.homeAssistant).toBe(false);
    expect(
      configuration.devices.map((device) => ({
        index: device.index,
        name: device.name,
        type: device.type,
        vendor: device.vendor,
        definition: device.definition.id,
        address: device.address,
        key: Buffer.from(device.secret?.reveal() ?? []).toString('hex'),
      })),
    ).toEqual([
      {
        index: 0,
        name: 'HQ123456NKZ',
        type: 'smartsolar',
        vendor: 'victron',
        definition: 'victron-ble',
        address: 'FA:AC:27:84:C6:6F',
        key: '28a2158cf5b76f78b539e4140567b36f',
      },
      {
        index: 1,
        name: 'Barn',
        type: 'smartsolar',
        vendor: 'victron',
        definition: 'victron-ble',
        address: '10:20:30:40:50:59',
        key: '12345678901234567890123456789e10',
      },
    ]);
  });

  test('is read under any name', () => {
    const machine = machineWith({ 'agent.yml': delivered });
    expect(machine.load().configuration.devices).toHaveLength(2);
    expect(machineWith({ 'x.yml': delivered }).load('x.yml').configuration.devices).toHaveLength(2);
  });

  test('comes after an agent.yml', () => {
    const machine = machineWith({ 'agent.yml': 'mqtt: { host: a }', 'config.yml': delivered });
    expect(machine.load().configuration.devices).toEqual([]);
  });

  test('reaches a serial device by its port, whatever else is left in its entry', () => {
    const [device] = load(
      withDevice('name: s, type: smartshunt, protocol: serial, port: /dev/ttyUSB0, mac: x, encryptionKey: y'),
    ).configuration.devices;
    expect(device).toMatchObject({
      port: '/dev/ttyUSB0',
      type: 'smartshunt',
      definition: { id: 'vedirect-text' },
    });
    expect(device).not.toHaveProperty('address');
  });

  test.each(['protocol: bluetooth-ble, ', 'port: /dev/ttyUSB0, ', ''])(
    'hears a device by radio with "%s" before its address',
    (keys) => {
      const [device] = load(
        withDevice(`name: s, ${keys}mac: FA:AC:27:84:C6:6F, encryptionKey: 28a2158cf5b76f78b539e4140567b36f`),
      ).configuration.devices;
      expect(device).toMatchObject({ address: 'FA:AC:27:84:C6:6F', definition: { id: 'victron-ble' } });
      expect(device).not.toHaveProperty('port');
    },
  );

  test('may hold keys that mean nothing to us: they are left out and told', () => {
    const { notices } = load(delivered.replace('mqtt:\n', 'logger:\n    debug: True\nmqtt:\n    qos: 0\n'));
    expect(notices.toSorted()).toEqual([
      'config.yml:13:1: logger: left out, it means nothing here',
      'config.yml:16:5: mqtt.qos: left out, it means nothing here',
    ]);
  });

  test('uses user and password only when both are there, as the tool did', () => {
    for (const password of ['', 'password: ""', 'password:']) {
      const { mqtt } = load(
        `devices: []\nmqtt:\n  host: a\n  hass: True\n  username: solar\n  ${password}\n`.replace(
          'password: ""',
          '',
        ),
      ).configuration;
      expect(mqtt).not.toHaveProperty('username');
    }
  });

  test('turns on Home Assistant by its own key', () => {
    expect(load(delivered.replace('hass: False', 'hass: True')).configuration.homeAssistant).toBe(true);
  });

  test('can be overridden by our names', () => {
    const machine = machineWith({ 'config.yml': delivered }, { WATTLINE_MQTT__HOST: 'b' });
    expect(machine.load().configuration.mqtt.host).toBe('b');
  });

  test('has its problems in its own words', () => {
    const wrong = delivered
      .replace('10:20:30:40:50:59', '10:20:30:40:50')
      .replace('28a2158c', '8a2158c')
      .replace('protocol: bluetooth\n', 'protocol: zigbee\n')
      .replace('hass: False', 'hass: Maybe')
      .replace('port: 1883', 'port: 99999');
    expect(problems(wrong)).toEqual([
      'config.yml:4:17: devices[0].protocol: expected one of bluetooth, bluetooth-ble, serial, found "zigbee"',
      'config.yml:10:12: devices[1].mac: expected a Bluetooth address such as FA:AC:27:84:C6:6F, found "10:20:30:40:50"',
      'config.yml:15:11: mqtt.port: expected a whole number from 1 to 65535, found "99999"',
      'config.yml:17:11: mqtt.hass: expected true or false, found "Maybe"',
    ]);
    expect(problems(delivered.replace('28a2158c', '8a2158c'))).toEqual([
      'config.yml:6:22: devices[0].encryptionKey: a key has 32 hex digits, this one has 31: the app is known to cut the last digit when copying',
    ]);
  });
});

describe('our own file', () => {
  test('tolerates no unknown key, also where a device is written in the old words', () => {
    const text = [
      'mqtt: { host: a, qos: 0 }',
      'devices:',
      '  - { name: a, protocol: bluetooth, mac: FAAC2784C66F, encryptionKey: 28a2158cf5b76f78b539e4140567b36f }',
      '  - { name: b, definition: vedirect-text, port: /dev/a, mac: FAAC2784C66F }',
    ].join('\n');
    expect(machineWith({ 'agent.yml': text }).problems()).toEqual([
      'agent.yml:1:18: mqtt.qos: unknown key; known here: host, port, url, ca, version, retain, username, password, base_topic',
      'agent.yml:4:62: devices[1].mac: vedirect-text is not reached by radio: no address',
    ]);
  });
});

test('an address in both words is one too many', () => {
  const device = 'name: a, definition: victron-ble, key: none, address: FAAC2784C66F, mac: FAAC2784C66F';
  expect(machineWith({ 'agent.yml': withDevice(device) }).problems()).toEqual([
    expect.stringMatching(/^agent\.yml:2:75: devices\[0\]\.mac: unknown key; known here: name, /),
  ]);
});

describe('the file of the replaced bridge', () => {
  test('is named as such and refused', () => {
    const [line, ...more] = problems(bridges);
    expect(line).toBe(
      'config.yml:1:1: influxdb: this is the configuration of the replaced bridge (victron-mqtt2influxdb), not of an ' +
        'agent: an agent has devices; what this file says belongs into bridge.yml',
    );
    expect(more).toEqual([]);
  });

  test('stands in nobody’s way beside an agent.yml', () => {
    const machine = machineWith({ 'agent.yml': 'mqtt: { host: a }', 'config.yml': bridges });
    expect(machine.load().file).toBe('agent.yml');
  });
});

test('a config.yml of any other program is passed over', () => {
  expect(problems('services: { db: postgres }')[0]).toMatch(/^no configuration: /);
});
