import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readSettings, type SettingsSource, secretsBeside, wholeNumber } from '../src/index.ts';
import { type Output, problems, read, schema, variable } from './small-configuration.ts';

describe('a configuration without fault', () => {
  test('has its types, and defaults for what is not said', () => {
    const { value } = read('mqtt: { host: a, port: "8883", version: 5 }\nretain: yes\n');
    expect(value).toEqual({
      mqtt: { host: 'a', port: 8883, version: '5' },
      retain: true,
      deadline: 60_000,
      devices: [],
    });
  });
});

describe('problems', () => {
  test('all are said at once, in the order of the file', () => {
    const text = [
      'deadlin: 5m',
      'mqtt:',
      '  port: 99999',
      '  hots: broker',
      'retain: maybe',
      'devices:',
      '  - { name: a, kye: x }',
      '  - b',
      '  - { key: x }',
    ].join('\n');
    expect(problems(() => read(text)).split('\n')).toEqual([
      'agent.yml:1:1: deadlin: unknown key; did you mean "deadline"?',
      'agent.yml:2:1: mqtt.host: missing; expected the name of the broker',
      'agent.yml:3:9: mqtt.port: expected a whole number from 1 to 65535, found "99999"',
      'agent.yml:4:3: mqtt.hots: unknown key; did you mean "host"?',
      'agent.yml:5:9: retain: expected true or false, found "maybe"',
      'agent.yml:7:16: devices[0].kye: unknown key; did you mean "key"?',
      'agent.yml:8:5: devices[1]: expected keys below it (key: value), found "b"',
      'agent.yml:9:5: devices[2].name: missing; expected a text',
      'agent.yml:9:5: devices[2]: one too many',
    ]);
  });

  test('a key of another place is sent there, a key of no place sees the known ones', () => {
    expect(problems(() => read('host: a\nmqtt: { host: a }'))).toBe(
      'agent.yml:1:1: host: unknown key; it belongs to mqtt.host',
    );
    expect(problems(() => read('xyzzy: a\nmqtt: { host: a }'))).toBe(
      'agent.yml:1:1: xyzzy: unknown key; known here: mqtt, retain, deadline, devices',
    );
  });

  test('a word of a list is suggested', () => {
    expect(problems(() => read('mqtt: { host: a, version: 3.1.2 }'))).toBe(
      'agent.yml:1:27: mqtt.version: expected one of auto, 5, 3.1.1, found "3.1.2"; did you mean "3.1.1"?',
    );
  });

  test('a list where keys belong, keys where a list or a text belongs', () => {
    expect(problems(() => read('mqtt: [a]\ndevices: { a: b }\ndeadline: { a: b }')).split('\n')).toEqual([
      'agent.yml:1:1: mqtt: expected keys below it (key: value), found a list',
      'agent.yml:2:1: devices: expected a list (lines that begin with "- "), found keys below it',
      'agent.yml:3:1: deadline: expected a duration such as 27s, 5m, 2h, 7d, 1y, found keys below it',
    ]);
  });

  test('a long text is cut', () => {
    expect(problems(() => read(`mqtt: { host: a }\ndeadline: ${'x'.repeat(200)}`))).toContain(
      `found "${'x'.repeat(60)}…"`,
    );
  });
});

describe('what must not be seen is not printed', () => {
  test.each([
    ['a list under a password', 'mqtt: { host: a, password: [hunter2hunter2] }'],
    ['a secret where a number belongs', `mqtt: { host: a, port: "${variable('PORT')}" }`],
    ['a key beside its place', 'mqtt: { host: a, port: 00112233445566778899aabbccddeeff }'],
    ['a password in an address', 'mqtt: { host: a, port: "mqtt://solar:hunter2@broker" }'],
    ['a password under an unknown key', 'mqtt: { host: a, passwort: hunter2 }'],
    ['a password that is part of a key', 'mqtt: { host: a, password:hunter2 }'],
    ['a key that is part of a key', 'mqtt: { host: a, key-00112233445566778899aabbccddeeff: x }'],
  ])('%s', (_, text) => {
    const message = problems(() => read(text, { PORT: 'hunter2' }));
    expect(message).not.toMatch(/hunter2|00112233/);
    expect(message).toMatch(/^agent\.yml:1:\d+: mqtt\./);
  });

  test('a text under a key of secrets, whatever its type', () => {
    const withPin = z.strictObject({ pin: wholeNumber(0, 9999) });
    const source = { environment: {}, readSecrets: () => expect.fail(), schema: withPin };
    expect(problems(() => readSettings({ ...source, text: { file: 'a.yml', text: 'pin: 12345' } }))).toBe(
      'a.yml:1:6: pin: expected a whole number from 0 to 9999, found (secret)',
    );
  });

  test('a word from elsewhere, not even by its neighbour', () => {
    expect(problems(() => read(`mqtt: { host: a, version: "${variable('V')}" }`, { V: '3.1.2' }))).toBe(
      'agent.yml:1:27: mqtt.version: expected one of auto, 5, 3.1.1, found (secret)',
    );
  });
});

describe('values from the environment', () => {
  test('stand for any value', () => {
    const { value } = read(`mqtt: { host: "${variable('HOST')}", port: "${variable('PORT')}" }`, {
      HOST: 'a',
      PORT: '7',
    });
    expect(value.mqtt).toMatchObject({ host: 'a', port: 7 });
  });

  test('are missed by name, once', () => {
    expect(problems(() => read(`mqtt:\n  host: a\n  port: ${variable('PORT')}\n`))).toBe(
      'agent.yml:3:9: mqtt.port: the environment has no variable PORT',
    );
  });

  test('are whole values only', () => {
    expect(problems(() => read(`mqtt: { host: "mqtt-${variable('HOST')}" }`, { HOST: 'a' }))).toBe(
      `agent.yml:1:15: mqtt.host: ${variable('HOST')} must be the whole value, not a part of it`,
    );
  });

  test('are not read again for references', () => {
    expect(read(`mqtt: { host: "${variable('A')}" }`, { A: variable('B'), B: 'b' }).value.mqtt.host).toBe(
      variable('B'),
    );
  });
});

describe('overrides', () => {
  test('replace, and add what the file does not have', () => {
    const { value } = read('mqtt: { host: a }', {
      WATTLINE_MQTT__HOST: 'b',
      WATTLINE_DEADLINE: '5m',
      WATTLINE_MQTT__PASSWORD: 'hunter2',
      WATTLINE_CONFIG: '/etc/wattline/agent.yml',
      UNRELATED: 'x',
    });
    expect(value).toMatchObject({ mqtt: { host: 'b' }, deadline: 300_000 });
    expect(value.mqtt.password?.reveal()).toBe('hunter2');
  });

  test('work without a file', () => {
    const { text: _, ...source } = { text: undefined, environment: { WATTLINE_MQTT__HOST: 'b' }, schema };
    const { value } = readSettings({ ...source, readSecrets: secretsBeside('/nowhere/a.yml', 'a.yml') });
    expect(value.mqtt.host).toBe('b');
  });

  test('that are empty override nothing', () => {
    expect(read('mqtt: { host: a }', { WATTLINE_MQTT__HOST: '' }).value.mqtt.host).toBe('a');
  });

  test('that are wrong are named by their variable', () => {
    const environment = {
      WATTLINE_MQTT__HOTS: 'b',
      WATTLINE_MQTT__PORT: 'x',
      WATTLINE_DEVICES__0__NAME: 'c',
      WATTLINE_MQTT: 'd',
    };
    expect(problems(() => read('mqtt: { host: a }', environment)).split('\n')).toEqual([
      'WATTLINE_DEVICES__0__NAME: overrides a key inside the list "devices": only keys outside lists can be overridden',
      'WATTLINE_MQTT: overrides a key that does not exist',
      'WATTLINE_MQTT__HOTS: overrides a key that does not exist; did you mean "WATTLINE_MQTT__HOST"?',
      'WATTLINE_MQTT__PORT: mqtt.port: expected a whole number from 1 to 65535, found "x"',
    ]);
  });
});

describe('the file of another program', () => {
  const tolerate: Partial<SettingsSource<Output>> = {
    translate: (root) => ({ root, toleratesUnknownKeys: true }),
  };

  test('may hold keys that mean nothing here; they are left out and told', () => {
    const { value, notices } = read(
      'x: 1\nmqtt: { host: a, y: 2 }\ndevices: [{ name: b, z: 3 }]',
      {},
      tolerate,
    );
    expect(value.devices).toEqual([{ name: 'b' }]);
    expect(notices).toEqual([
      'agent.yml:2:18: mqtt.y: left out, it means nothing here',
      'agent.yml:3:22: devices[0].z: left out, it means nothing here',
      'agent.yml:1:1: x: left out, it means nothing here',
    ]);
  });
});
