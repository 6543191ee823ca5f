import { definitions } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { machineWith } from './config-surroundings.ts';

const key = '28a2158cf5b76f78b539e4140567b36f';
const roof = `{ name: roof, definition: victron-ble, address: "FA:AC:27:84:C6:6F", key: ${key} }`;
const broker = 'mqtt: { host: data.example.org }\n';
const withDevice = (keys: string) => `${broker}devices:\n  - { ${keys} }\n`;

const problems = (text: string) => machineWith({ 'agent.yml': text }).problems();

describe('one problem, one line', () => {
  test.each([
    ['bad YAML', 'mqtt:\n  host: a\n   port: 1\n', 'agent.yml:3:4: not YAML: the indentation does not fit'],
    [
      'a key of 31 hex digits',
      withDevice(`name: roof, definition: victron-ble, address: FAAC2784C66F, key: ${key.slice(1)}`),
      'agent.yml:3:72: devices[0].key: a key has 32 hex digits, this one has 31: the app is known to cut the last digit when copying',
    ],
    [
      'a key of 30 hex digits',
      withDevice(`name: roof, definition: victron-ble, address: FAAC2784C66F, key: ${key.slice(2)}`),
      'agent.yml:3:72: devices[0].key: a key has 32 hex digits, this one has 30',
    ],
    [
      'a key of other characters',
      withDevice('name: roof, definition: victron-ble, address: FAAC2784C66F, key: hunter2'),
      'agent.yml:3:72: devices[0].key: a key has 32 hex digits, this one has other characters',
    ],
    [
      'no key',
      withDevice('name: roof, definition: victron-ble, address: FAAC2784C66F'),
      'agent.yml:3:5: devices[0].key: missing; expected the key of this device (32 hex digits), or none',
    ],
    [
      'no address',
      withDevice(`name: roof, definition: victron-ble, key: ${key}`),
      'agent.yml:3:5: devices[0].address: missing; expected the Bluetooth address of this device',
    ],
    [
      'no serial port',
      withDevice('name: shunt, definition: vedirect-text'),
      'agent.yml:3:5: devices[0].port: missing; expected the serial port of this device',
    ],
    [
      'a serial port that is none',
      withDevice('name: shunt, definition: vedirect-text, port: 99999'),
      'agent.yml:3:53: devices[0].port: expected the path of a port such as /dev/serial/by-id/usb-VictronEnergy_… or /dev/hidraw0, usb:0665:5161, or a CAN interface such as can0, found "99999"',
    ],
    [
      'a CAN interface for a device that is on no bus',
      withDevice('name: shunt, definition: vedirect-text, port: can0'),
      'agent.yml:3:53: devices[0].port: vedirect-text is on no CAN bus: expected the path of a port, not can0',
    ],
    [
      'a scale for what is no counter of this device',
      withDevice('name: stack, definition: can-victron, port: can0, scale: { battery_voltage: 10 }'),
      'agent.yml:3:83: devices[0].scale.battery_voltage: can-victron has no such counter',
    ],
    [
      'a word to a battery from an adapter that only listens',
      withDevice('name: stack, definition: can-pylontech, port: /dev/ttyCAN, keep_alive: yes'),
      'agent.yml:3:78: devices[0].keep_alive: an adapter that only listens cannot say it: expected "listen_only: no" beside it',
    ],
    [
      'an adapter for a device that is on no bus',
      withDevice('name: shunt, definition: vedirect-text, port: /dev/ttyVE, adapter: slcan'),
      'agent.yml:3:74: devices[0].adapter: vedirect-text is on no CAN bus: no adapter',
    ],
    [
      'a battery on CAN without a port',
      withDevice('name: stack, definition: can-pylontech'),
      'agent.yml:3:5: devices[0].port: missing; expected the CAN interface or serial port of this device',
    ],
    [
      'a bit rate for an interface that has its own',
      withDevice('name: stack, definition: can-pylontech, port: can0, bit_rate: 250k'),
      'agent.yml:3:69: devices[0].bit_rate: a CAN interface of the kernel has its own: ip link set can0 … sets it',
    ],
    [
      'a bit rate that is none',
      withDevice('name: stack, definition: can-pylontech, port: /dev/ttyCAN, bit_rate: fast'),
      'agent.yml:3:76: devices[0].bit_rate: expected a bit rate such as 500k, 250k or 125k, found "fast"',
    ],
    [
      'two bit rates on one bus',
      withDevice(
        'name: stack, definition: can-pylontech, port: /dev/ttyCAN }\n  - { name: jk, definition: can-jk, port: /dev/ttyCAN',
      ),
      'agent.yml:4:43: devices[1].port: devices[0] uses it at 500 kbit/s, usb-can-a, listening only, can-jk at 250 kbit/s, usb-can-a, listening only',
    ],
    [
      'two devices of one name',
      `${broker}devices:\n  - ${roof}\n  - ${roof.replace('6F', '70')}\n`,
      'agent.yml:4:13: devices[1].name: this is the name of devices[0] already',
    ],
    [
      'two batteries at one address, one of which was copied',
      withDevice(
        'name: bank, definition: jbd, address: FAAC2784C66F }\n  - { name: spare, definition: jbd, address: "fa:ac:27:84:c6:6f"',
      ),
      'agent.yml:4:46: devices[1].address: this is the address of devices[0] already, which is jbd too',
    ],
    [
      'two shunts at one port',
      withDevice(
        'name: shunt, definition: vedirect-text, port: /dev/a }\n  - { name: other, definition: vedirect-text, port: /dev/a',
      ),
      'agent.yml:4:53: devices[1].port: this is the port of devices[0] already, which is vedirect-text too',
    ],
    ...['127.0.0.1:1883', '[::1]', 'mqtt://127.0.0.1', ' a', 'u@a', 'a/b', 'fe80::1%eth0'].map(
      (host): [string, string, string] => [
        `the broker ${host}, which is more than a host`,
        `mqtt: { host: "${host}" }`,
        `agent.yml:1:15: mqtt.host: expected the name or address of the broker alone, such as data.example.org (its port is a key of its own), found "${host}"`,
      ],
    ),
    [
      'an unknown definition',
      withDevice('name: roof, definition: victron-bel'),
      `agent.yml:3:31: devices[0].definition: expected a definition of this release (${definitions.map(({ id }) => id).join(', ')}), found "victron-bel"; did you mean "victron-ble"?`,
    ],
    [
      'no definition',
      withDevice('name: roof'),
      `agent.yml:3:5: devices[0].definition: missing; expected a definition of this release (${definitions.map(({ id }) => id).join(', ')})`,
    ],
    [
      'a port out of range',
      'mqtt:\n  host: a\n  port: 99999\n',
      'agent.yml:3:9: mqtt.port: expected a whole number from 1 to 65535, found "99999"',
    ],
    [
      'an unknown key',
      `${broker}devices:\n  - { name: roof, definition: victron-ble, adress: FAAC2784C66F, address: FAAC2784C66F, key: ${key} }`,
      'agent.yml:3:44: devices[0].adress: unknown key; did you mean "address"?',
    ],
    [
      'a name that is none',
      `${broker}agent: "a/b"`,
      'agent.yml:2:8: agent: expected 1 to 64 of A-Z a-z 0-9 _ . -, found "a/b"',
    ],
    [
      'a key that the definition does not have',
      withDevice('name: shunt, definition: vedirect-text, port: /dev/a, pin: 1234'),
      'agent.yml:3:66: devices[0].pin: only a device that is connected to by Bluetooth has a pin',
    ],
    [
      'a device that is not asked, asked less often at night',
      withDevice('name: shunt, definition: vedirect-text, port: /dev/a, night_interval: 5m'),
      'agent.yml:3:77: devices[0].night_interval: vedirect-text talks by itself and is never asked: no night_interval',
    ],
    [
      'a device that tells of itself only, told which units to read',
      withDevice('name: bank, definition: jbd, port: /dev/a, units: own'),
      'agent.yml:3:57: devices[0].units: jbd tells of no other units',
    ],
    [
      'a port at two speeds',
      `${withDevice('name: shunt, definition: vedirect-text, port: /dev/a')}  - { name: bank, definition: jbd, port: /dev/a }`,
      'agent.yml:4:42: devices[1].port: devices[0] uses it at 19200 baud, jbd at 9600 baud',
    ],
    [
      'a device in two places',
      withDevice('name: bank, definition: jbd, port: /dev/a, address: FAAC2784C66F'),
      'agent.yml:3:42: devices[0].port: expected either address or port, found both',
    ],
    [
      'a device in no place',
      withDevice('name: bank, definition: jbd'),
      'agent.yml:3:5: devices[0].address: missing; expected the Bluetooth address of this device, or its port',
    ],
    [
      'a password of another length than the device can have',
      withDevice('name: bank, definition: jbd, port: /dev/a, password: 12345'),
      'agent.yml:3:60: devices[0].password: a password of such a device has 6 characters, this one has 5',
    ],
    [
      'no broker',
      'agent: a',
      'agent.yml:1:1: mqtt.host: missing; expected the name or address of the broker (or url)',
    ],
    [
      'a broker in two ways',
      'mqtt: { host: a, url: "mqtt://b" }',
      'agent.yml:1:23: mqtt.url: expected either host or url, found both',
    ],
    [
      'a port beside a URL',
      'mqtt: { url: "mqtt://b", port: 1 }',
      'agent.yml:1:32: mqtt.port: beside url there is no port: it is part of the url',
    ],
    [
      'a URL of another protocol',
      'mqtt: { url: "http://b" }',
      'agent.yml:1:14: mqtt.url: expected a URL such as mqtts://data.example.org:8883, found "http://b"',
    ],
    [
      'a password without a user',
      'mqtt: { host: a, password: hunter2 }',
      'agent.yml:1:28: mqtt.password: a password without username',
    ],
    [
      'topic levels where one belongs',
      'mqtt: { host: a, base_topic: home/victron }',
      'agent.yml:1:30: mqtt.base_topic: expected one topic level, without / + #, found "home/victron"',
    ],
    [
      'a way to the adapter that is none',
      `${broker}bluetooth: { access: bus }`,
      'agent.yml:2:22: bluetooth.access: expected one of auto, user-channel, dbus, found "bus"; did you mean "dbus"?',
    ],
    [
      'an adapter that is none',
      `${broker}bluetooth: { adapter: "uart:ttyAMA0" }`,
      'agent.yml:2:23: bluetooth.adapter: expected an adapter\'s address (AA:BB:CC:DD:EE:FF), hci0, tcp:host:port or uart:/dev/…, found "uart:ttyAMA0"',
    ],
    [
      'a library that is none',
      `${broker}bluetooth: { library: noble }`,
      'agent.yml:2:23: bluetooth.library: expected one of stoprocent, abandonware, found "noble"',
    ],
  ])('%s', (_, text, line) => {
    const [first, ...more] = problems(text);
    if (line.includes('not YAML')) expect(first).toContain(line);
    else expect(first).toBe(line);
    expect(more).toEqual([]);
  });
});

test('several problems come at once, in the order of the file', () => {
  const text = [
    'agnt: east',
    'mqtt:',
    `  host: $${'{BROKER}'}`,
    '  port: 99999',
    'devices:',
    '  - name: roof',
    '    definition: victron-ble',
    '    address: 10:20:30:40:50',
    `    key: ${key.slice(1)}`,
    '  - { name: roof, definition: vedirect, port: /dev/a }',
  ].join('\n');
  expect(problems(text)).toEqual([
    'agent.yml:1:1: agnt: unknown key; did you mean "agent"?',
    'agent.yml:3:9: mqtt.host: the environment has no variable BROKER',
    'agent.yml:4:9: mqtt.port: expected a whole number from 1 to 65535, found "99999"',
    'agent.yml:8:14: devices[0].address: expected a Bluetooth address such as FA:AC:27:84:C6:6F, found "10:20:30:40:50"',
    'agent.yml:9:10: devices[0].key: a key has 32 hex digits, this one has 31: the app is known to cut the last digit when copying',
    'agent.yml:10:13: devices[1].name: this is the name of devices[0] already',
    `agent.yml:10:31: devices[1].definition: expected a definition of this release (${definitions.map(({ id }) => id).join(', ')}), found "vedirect"`,
  ]);
});

test('a host is a name or an address of either kind; two ways of speaking may share one port or address', () => {
  for (const host of ['localhost', 'data.example.org', '127.0.0.1', '::1', 'my_broker'])
    expect(problems(`mqtt: { host: "${host}" }`)).toEqual([]);
  const shunt = withDevice('name: shunt, definition: vedirect-text, port: /dev/a');
  expect(problems(`${shunt}  - { name: hex, definition: vedirect-hex, port: /dev/a }`)).toEqual([]);
  expect(problems(`${broker}devices:\n  - ${roof}\n  - ${roof.replace('roof', 'other')}\n`)).toEqual([]);
});

test('values of any kind anywhere are told, and never crash', () => {
  for (const value of ['x', '[x]', '{ x: y }', '[[x]]', '[{ x: y }]', '~', '""', '[~]']) {
    for (const [text] of [
      [`mqtt: ${value}`],
      [`${broker}devices: ${value}`],
      [`${broker}devices: [${value}, ${roof}]`],
      [`${broker}devices: [{ name: ${value}, definition: ${value}, address: ${value}, key: ${value} }]`],
      [`${broker}bluetooth: ${value}\noutbox: ${value}\nwake: ${value}\nagent: ${value}`],
    ] as const) {
      for (const line of problems(text)) expect(line).toMatch(/^agent\.yml:\d+:\d+: /);
    }
  }
});
