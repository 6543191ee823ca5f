import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { machineWith } from './config-surroundings.ts';

const key = '28a2158cf5b76f78b539e4140567b36f';
const roof = `{ name: roof, definition: victron-ble, address: "FA:AC:27:84:C6:6F", key: ${key} }`;
const broker = 'mqtt: { host: data.example.org }\n';
const withDevice = (keys: string) => `${broker}devices:\n  - { ${keys} }\n`;

const load = (text: string) => machineWith({ 'agent.yml': text }).load();

describe('a configuration', () => {
  test('of only what has no default gets every default', () => {
    expect(load(broker)).toEqual({
      configuration: {
        agent: 'barn',
        mqtt: { host: 'data.example.org', port: 1883, isTls: false, version: 'auto', retain: false },
        homeAssistant: false,
        outbox: {
          path: '/home/solar/.local/state/wattline/outbox',
          sizeBytesMax: 64 * 1024 * 1024,
          ageMsMax: 90 * 86_400_000,
        },
        bluetooth: { access: 'auto', library: 'stoprocent' },
        night: { by: 'time', fromMinutes: 1260, toMinutes: 300 },
        deadlineMs: 60_000,
        devices: [],
      },
      file: 'agent.yml',
      secrets: [],
      notices: [],
    });
  });

  test('of every key is typed', () => {
    const text = `
agent: east
site: Cabin in the woods
mqtt:
  url: mqtts://data.example.org
  username: barn
  password: secret:mqtt
  ca: ca.pem
  version: 3.1.1
  retain: true
  base_topic: solar
outbox: { path: waiting, max_size: 1GiB, max_age: 1y }
bluetooth: { adapter: "aa-bb-cc-dd-ee-ff", access: user-channel, library: stoprocent }
deadline: 45s
wake: { every: 20m }
devices:
  - name: roof
    definition: victron-ble
    type: smartsolar
    address: fa:ac:27:84:c6:6f
    key: secret:roof
    interval: 30s
  - { name: shunt, definition: vedirect-text, port: /dev/serial/by-id/usb-x, replay: capture.jsonl }
`;
    const { folder, load } = machineWith({
      'agent.yml': text,
      'secrets.yml': `mqtt: hunter2\nroof: ${key}\n`,
    });
    const { configuration, secrets } = load();
    expect(configuration).toMatchObject({
      agent: 'east',
      site: 'Cabin in the woods',
      mqtt: {
        host: 'data.example.org',
        port: 8883,
        isTls: true,
        caFile: `${folder}/ca.pem`,
        version: '3.1.1',
        retain: true,
        username: 'barn',
      },
      outbox: { path: `${folder}/waiting`, sizeBytesMax: 2 ** 30, ageMsMax: 365 * 86_400_000 },
      bluetooth: { adapter: { by: 'address', address: 'AA:BB:CC:DD:EE:FF' }, access: 'user-channel' },
      deadlineMs: 45_000,
      wakeEveryMs: 1_200_000,
      devices: [
        {
          index: 0,
          name: 'roof',
          vendor: 'solar',
          type: 'smartsolar',
          address: 'FA:AC:27:84:C6:6F',
          intervalMs: 30_000,
        },
        {
          index: 1,
          name: 'shunt',
          port: '/dev/serial/by-id/usb-x',
          replay: `${folder}/capture.jsonl`,
          intervalMs: 10_000,
        },
      ],
    });
    const [first, second] = configuration.devices;
    expect([first?.definition.id, second?.definition.id]).toEqual(['victron-ble', 'vedirect-text']);
    expect(Buffer.from(first?.secret?.reveal() ?? []).toString('hex')).toBe(key);
    expect(second?.secret).toBeUndefined();
    expect(configuration.mqtt.password?.reveal()).toBe('hunter2');
    expect(secrets.toSorted()).toEqual([key, 'hunter2']);
  });

  test('dumps without its secrets', () => {
    const { configuration } = load(`mqtt: { host: a, username: b, password: hunter2 }\ndevices: [${roof}]`);
    for (const dump of [
      JSON.stringify(configuration),
      inspect(configuration, { depth: 9, showHidden: true }),
    ]) {
      expect(dump).not.toMatch(/hunter2|28a2158c|28 ?a2 ?15|40, 162, 21/i);
    }
  });

  test('is missing: every place is named', () => {
    expect(machineWith({}).problems()).toEqual([
      'no configuration: expected --config FILE, $WATTLINE_CONFIG, ./agent.yml, ./config.yml or /etc/wattline/agent.yml',
    ]);
  });
});

test.each([
  ['hci1', { by: 'index', index: 1 }],
  ['102030405059', { by: 'address', address: '10:20:30:40:50:59' }],
  ['tcp:127.0.0.1:6402', { by: 'tcp', host: '127.0.0.1', port: 6402 }],
  ['tcp:[::1]:6402', { by: 'tcp', host: '::1', port: 6402 }],
  ['uart:/dev/ttyAMA0', { by: 'uart', path: '/dev/ttyAMA0' }],
])('the adapter %s', (written, adapter) => {
  expect(load(`${broker}bluetooth: { adapter: "${written}" }`).configuration.bluetooth.adapter).toEqual(
    adapter,
  );
});

test.each(['10:20:30:40:50:59', '102030405059', '10-20-30-40-50-59'])(
  'an address of digits without quotes, %s, is what it says',
  (address) => {
    const { configuration } = load(
      withDevice(
        `name: roof, definition: victron-ble, address: ${address}, key: 12345678901234567890123456789012`,
      ),
    );
    const [device] = configuration.devices;
    expect(device?.address).toBe('10:20:30:40:50:59');
    expect(Buffer.from(device?.secret?.reveal() ?? []).toString('hex')).toBe(
      '12345678901234567890123456789012',
    );
  },
);

test('a key that looks like a float is what it says', () => {
  const floating = '12345678901234567890123456789e10';
  const { configuration } = load(
    withDevice(`name: roof, definition: victron-ble, address: FAAC2784C66F, key: ${floating}`),
  );
  expect(Buffer.from(configuration.devices[0]?.secret?.reveal() ?? []).toString('hex')).toBe(floating);
});

test('a recording is enough in place of a device', () => {
  const [device] = load(withDevice(`name: roof, definition: victron-ble, key: ${key}, replay: /a.jsonl`))
    .configuration.devices;
  expect(device).toMatchObject({ replay: '/a.jsonl' });
});

test.each([
  ['mqtt://a', { host: 'a', port: 1883, isTls: false }],
  ['mqtts://a', { host: 'a', port: 8883, isTls: true }],
  ['mqtts://[::1]:7', { host: '::1', port: 7, isTls: true }],
])('the broker %s', (url, expected) => {
  expect(load(`mqtt: { url: "${url}" }`).configuration.mqtt).toMatchObject(expected);
});

test('a device that sends unencrypted has the key none', () => {
  const { configuration } = load(
    withDevice('name: sense, definition: victron-ble, address: FAAC2784C66F, key: none'),
  );
  expect(configuration.devices[0]).not.toHaveProperty('secret');
});

test('what has no effect in this release is told', () => {
  expect(load(`${broker}home_assistant: true`).notices).toEqual([
    'home_assistant: this release announces nothing to Home Assistant yet',
  ]);
});

test('night is by the clock or by the sun, and limits are by field or unit', () => {
  const night = (written: string) => load(`${broker}night: ${written}`).configuration.night;
  expect(night('{ from: "22:30", to: "6:00" }')).toEqual({ by: 'time', fromMinutes: 1350, toMinutes: 360 });
  expect(night('{ latitude: 45.07, longitude: -7.5 }')).toEqual({
    by: 'sun',
    latitude: 45.07,
    longitude: -7.5,
  });
  const limits = 'limits: { battery_voltage: 40..60, V: -1 .. 100.5 }';
  const device = `{ name: bank, definition: jbd, port: /dev/a, night_interval: 5m, ${limits} }`;
  expect(load(`${broker}devices: [${device}]`).configuration.devices[0]).toMatchObject({
    nightIntervalMs: 300_000,
    limits: { battery_voltage: { least: 40, most: 60 }, V: { least: -1, most: 100.5 } },
  });
});

test.each([
  ['night: { from: "22:30" }', 'night.to: missing; expected it beside from'],
  ['night: {}', 'night.from: missing; expected from and to, or latitude and longitude'],
  ['night: { from: "24:00", to: "5:00" }', 'night.from: expected a time of day such as 21:30, found "24:00"'],
  ['night: { latitude: 91, longitude: 0 }', 'night.latitude: expected degrees, from -90 to 90, found "91"'],
  [
    'devices: [{ name: bank, definition: jbd, port: /dev/a, limits: { V: 60..40 } }]',
    'devices[0].limits.V: expected the least and the most, such as 40..60, found "60..40"',
  ],
  [
    'devices: [{ name: bank, definition: jbd, port: /dev/a, limits: { voltage: 1..2 } }]',
    'devices[0].limits.voltage: expected a field that is a number, or one of the units V A W VA var Wh Ah % °C Hz s Ω W/m² dBm rpm',
  ],
])('%s is refused', (text, problem) => {
  expect(machineWith({ 'agent.yml': `${broker}${text}` }).problems()).toEqual([
    expect.stringContaining(problem),
  ]);
});
