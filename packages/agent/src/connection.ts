// The connection to the broker of a configuration.

import { readFileSync } from 'node:fs';
import { ConfigurationError } from '@wattline/program';
import type { AgentConfiguration } from './config/configuration.ts';
import { createPublisher, doublingBackOff, type Publisher } from './publisher/publisher.ts';
import type { Surround } from './surround.ts';

/** Host and port as they stand in a URL. */
export const brokerOf = ({ mqtt: { host, port } }: AgentConfiguration): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Connects from now on. @throws ConfigurationError when the file of certificates cannot be read or holds none */
export function openPublisher(
  configuration: AgentConfiguration,
  { log }: Pick<Surround, 'log'>,
  identity: {
    readonly clientId: string;
    readonly will?: { readonly topic: string; readonly payload: string };
  },
): Publisher {
  const { mqtt } = configuration;
  return createPublisher({
    url: `${mqtt.isTls ? 'mqtts' : 'mqtt'}://${brokerOf(configuration)}`,
    ...(mqtt.username === undefined ? {} : { username: mqtt.username }),
    ...(mqtt.password === undefined ? {} : { password: mqtt.password.reveal() }),
    ...(mqtt.caFile === undefined ? {} : { ca: readCertificates(mqtt.caFile) }),
    ...identity,
    version: mqtt.version,
    log,
    backOffMs: doublingBackOff(Math.random),
  });
}

function readCertificates(file: string): string {
  const fail = (text: string): never => {
    throw new ConfigurationError([{ place: { source: file }, path: 'mqtt.ca', text }]);
  };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return fail(`cannot be read: ${(error as Error).message}`);
  }
  // TLS takes any text for no certificates, and then knows no authority.
  if (!/^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/m.test(text))
    return fail('holds no certificate: expected PEM, "-----BEGIN CERTIFICATE-----" and what follows');
  return text;
}
