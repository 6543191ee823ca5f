import { ConfigurationError } from '@wattline/program';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { brokerOf, openPublisher } from '../src/connection.ts';
import { machineWith } from './config-surroundings.ts';

const withBroker = (mqtt: string) => machineWith({ 'agent.yml': `mqtt: ${mqtt}` }).load().configuration;

test('an address with colons stands in brackets before its port', () => {
  expect(brokerOf(withBroker('{ host: "fe80::1" }'))).toBe('[fe80::1]:1883');
  expect(brokerOf(withBroker('{ host: data.example.org, port: 8883 }'))).toBe('data.example.org:8883');
});

test('a file without a certificate is told as one, not as a broker that nobody vouches for', () => {
  const folder = scratchFolder({ 'ca.pem': '-----BEGIN PRIVATE KEY-----' });
  const say = () => {};
  const open = () =>
    openPublisher(
      withBroker(`{ host: localhost, ca: ${folder}/ca.pem }`),
      { log: { error: say, warn: say, info: say, debug: say } },
      { clientId: 'test' },
    );
  expect(open).toThrow(ConfigurationError);
  expect(open).toThrow(`${folder}/ca.pem: mqtt.ca: holds no certificate`);
});
