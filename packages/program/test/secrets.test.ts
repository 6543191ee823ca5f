import { describe, expect, test } from 'vitest';
import { secretsBeside } from '../src/index.ts';
import { scratchFolder } from './scratch-folder.ts';
import { problems, read, variable } from './small-configuration.ts';

describe('secrets', () => {
  const configuration = 'mqtt: { host: a, password: secret:mqtt }';
  const withSecrets = (text: string, secrets: string | undefined, mode = 0o600) => {
    const folder = scratchFolder(secrets === undefined ? {} : { 'secrets.yml': secrets }, mode);
    return read(text, {}, { readSecrets: secretsBeside(`${folder}/agent.yml`, 'agent.yml') });
  };

  test.each([0o600, 0o640, 0o400])('come from a file of mode %o', (mode) => {
    const { value, secrets } = withSecrets(configuration, 'mqtt: "hunter2"\n', mode);
    expect(value.mqtt.password?.reveal()).toBe('hunter2');
    expect(secrets).toEqual(['hunter2']);
  });

  test.each([0o644, 0o604, 0o660, 0o666])('are refused from a file of mode %o, in words', (mode) => {
    expect(problems(() => withSecrets(configuration, 'mqtt: hunter2\n', mode))).toBe(
      `secrets.yml: others can read or change it (mode 0${mode.toString(8)}); expected 0600, or 0640 with the group ` +
        'of the service: chmod 600 secrets.yml',
    );
  });

  test('that are wrong hide no other problem', () => {
    expect(
      problems(() => withSecrets(`${configuration}\nretain: maybe\nmqtt2: x`, 'mqt: hunter2')).split('\n'),
    ).toEqual([
      'agent.yml:1:28: mqtt.password: secrets.yml has no secret "mqtt"; did you mean "mqt"?',
      'agent.yml:2:9: retain: expected true or false, found "maybe"',
      'agent.yml:3:1: mqtt2: unknown key; did you mean "mqtt"?',
    ]);
  });

  test('need their file, which is said once for all of them', () => {
    const text = 'mqtt: { host: secret:host, password: secret:mqtt }\ndeadline: secret:x';
    expect(problems(() => withSecrets(text, undefined))).toBe(
      'secrets.yml: cannot be read (no such file), and the configuration refers to it by secret:…',
    );
  });

  test('that are no YAML are placed in their own file, without their text', () => {
    const message = problems(() => withSecrets(configuration, 'mqtt: hunter2\n  x: "hunter2'));
    expect(message).toMatch(/^secrets\.yml:\d+:\d+: not YAML/);
    expect(message).not.toContain('hunter2');
  });

  test('do not fit without being printed', () => {
    expect(problems(() => withSecrets('mqtt: { host: a, port: secret:mqtt }', 'mqtt: hunter2'))).toBe(
      'agent.yml:1:24: mqtt.port: expected a whole number from 1 to 65535, found (secret)',
    );
  });

  test('are for the log to hide: what stands under a secret key, not every variable', () => {
    const text = `mqtt: { host: "${variable('HOST')}", password: inline }\ndevices: [{ name: a, key: abc }]`;
    expect(read(text, { HOST: 'localhost' }).secrets).toEqual(['inline', 'abc']);
    expect(withSecrets('mqtt: { host: secret:host }', 'host: hidden.example').secrets).toEqual([
      'hidden.example',
    ]);
  });
});
