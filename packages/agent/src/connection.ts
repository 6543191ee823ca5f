// The connection to the broker of a configuration.

import { readFileSync } from 'node:fs';
import { ConfigurationError } from '@wattline/program';
import type { AgentConfiguration } from './config/configuration.ts';
import { createPublisher, doublingBackOff, type Publisher } from './publisher/publisher.ts';
import type { Surround } from './surround.ts';

export const brokerOf = ({ mqtt }: AgentConfiguration): string => `${mqtt.host}:${mqtt.port}`;

/** Connects from now on. @throws ConfigurationError when the file of certificates cannot be read */
export function openPublisher(
  { mqtt }: AgentConfiguration,
  { log }: Pick<Surround, 'log'>,
  identity: {
    readonly clientId: string;
    readonly will?: { readonly topic: string; readonly payload: string };
  },
): Publisher {
  const host = mqtt.host.includes(':') ? `[${mqtt.host}]` : mqtt.host;
  return createPublisher({
    url: `${mqtt.isTls ? 'mqtts' : 'mqtt'}://${host}:${mqtt.port}`,
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
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const text = `cannot be read: ${(error as Error).message}`;
    throw new ConfigurationError([{ place: { source: file }, path: 'mqtt.ca', text }]);
  }
}
