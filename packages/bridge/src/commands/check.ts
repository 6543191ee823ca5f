// `check`: the configuration is valid (or we would not be here), broker and sinks are reached, and what would be created.

import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { type ExitCode, endedEarly, exitCodes, explainFailure, type HostPort } from '@wattline/program';
import mqtt from 'mqtt';
import { type CertificateFiles, readCertificate } from '../certificate.ts';
import type { BridgeConfiguration, ExternalBroker, SinkConfiguration } from '../config/configuration.ts';
import { connectionOf } from '../front.ts';
import { refuseForeign } from '../keeping/examine.ts';
import { openSink } from '../sinks/open-sink.ts';
import { readRetentionMemory } from '../sinks/retention-memory.ts';
import { storeFile } from '../store.ts';
import { subscribe } from '../subscriber/subscriber.ts';
import type { Surround } from '../surround.ts';
import { exposures } from '../users/exposure.ts';
import { readUsers, roles, usersFile } from '../users/users-file.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly text: string;
}

const timeoutMs = 5_000;

export async function check({ configuration, terminal }: Surround, json: boolean): Promise<ExitCode> {
  const { site, sinks } = configuration;
  const findings: Finding[] = [
    { what: 'site', ok: true, text: `${site.name}, days of ${site.timeZone}` },
    checkStore(configuration.store.path),
    ...checkUsers(configuration),
    ...(await Promise.all([
      checkBroker(configuration),
      checkPort('page', configuration.web),
      ...sinks.map((sink) => checkSink(configuration, sink)),
    ])),
  ];
  for (const finding of findings) {
    if (json) terminal.printJson(finding);
    else terminal.printLine(`${finding.ok ? 'ok   ' : 'FAULT'} ${finding.what}: ${finding.text}`);
  }
  return findings.every(({ ok }) => ok) ? exitCodes.done : exitCodes.unexpected;
}

function checkStore(path: string): Finding {
  const what = 'store';
  let nearest = path;
  while (!existsSync(nearest)) nearest = dirname(nearest);
  if (!statSync(nearest).isDirectory())
    return { what, ok: false, text: `${path} cannot be: ${nearest} is no folder` };
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
  } catch {
    return { what, ok: false, text: `${path}: this user may not write in ${nearest}` };
  }
  const file = storeFile(path);
  try {
    if (existsSync(file)) refuseForeign(file);
  } catch (error) {
    return { what, ok: false, text: (error as Error).message };
  }
  return { what, ok: true, text: nearest === path ? path : `${path} would be created` };
}

function checkUsers(configuration: BridgeConfiguration): Finding[] {
  const what = 'users';
  try {
    const faults = exposures(configuration);
    if (faults.length > 0) return faults.map((text) => ({ what, ok: false, text }));
    const users = readUsers(usersFile(configuration.store.path));
    const counts = roles.map((role) => `${users.filter((user) => user.role === role).length} ${role}`);
    return [{ what, ok: true, text: users.length === 0 ? 'none' : counts.join(', ') }];
  } catch (error) {
    return [{ what, ok: false, text: (error as Error).message }];
  }
}

const checkBroker = ({ broker, topics }: BridgeConfiguration): Promise<Finding> =>
  broker.is === 'embedded' ? checkPort('broker', broker) : checkExternal(broker, topics);

/** That something listens there is no fault: it may be this bridge. */
async function checkPort(
  what: 'broker' | 'page',
  { host, port, tls }: HostPort & { readonly tls?: CertificateFiles },
): Promise<Finding> {
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
  const address = `${host}:${port}`;
  const unfit =
    tls === undefined ? undefined : certificateFault(what === 'page' ? 'web.tls' : 'broker.tls', tls);
  if (unfit !== undefined) return { what, ok: false, text: unfit };
  if (code === undefined) return { what, ok: true, text: `would listen on ${address}` };
  if (code === 'EADDRINUSE')
    return {
      what,
      ok: true,
      text: `${address} is in use: by this bridge, if it runs; else choose another port`,
    };
  return { what, ok: false, text: `${address} cannot be listened on (${code})` };
}

/** Why the listener could not use it, in words. */
function certificateFault(key: string, files: CertificateFiles): string | undefined {
  try {
    readCertificate(key, files);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function checkExternal(broker: ExternalBroker, topics: readonly string[]): Promise<Finding> {
  const what = 'broker';
  const connection = connectionOf(broker);
  const client = mqtt.connect(connection.url, {
    ...connection,
    clientId: `wattline-check-${randomUUID().slice(0, 8)}`,
    reconnectPeriod: 0,
    connectTimeout: timeoutMs,
    protocolVersion: 4,
  });
  try {
    const refused = await new Promise<string | undefined>((resolve, reject) => {
      client.once('connect', () => subscribe(client, [...topics], resolve));
      client.once('error', reject);
      client.once('close', () => reject(new Error(endedEarly)));
    });
    return {
      what,
      ok: refused === undefined,
      text: `${connection.url}: ${refused ?? 'lets us subscribe to every topic; Mosquitto does not tell what its access list withholds'}`,
    };
  } catch (error) {
    return { what, ok: false, text: `${broker.host}:${broker.port}: ${explainFailure(error, what)}` };
  } finally {
    client.end(true);
  }
}

async function checkSink(configuration: BridgeConfiguration, sink: SinkConfiguration): Promise<Finding> {
  const what = `sink ${sink.name}`;
  const opened = openSink(sink, {
    configuration,
    memory: readRetentionMemory(storeFile(configuration.store.path)),
    clock: Date.now,
    clockSynced: () => false,
    report: () => {},
  });
  try {
    const { makes, changes, leaves, missing } = await opened.plan();
    const todo = [
      ...(makes.length > 0 ? [`would create ${makes.join(', ')}`] : []),
      ...(changes.length > 0 ? [`would change: ${changes.join(', ')}`] : []),
      ...leaves,
      ...(missing.length > 0
        ? [`missing, and not to be created by this configuration: ${missing.join(', ')}`]
        : []),
    ];
    const text = ['reached', ...(todo.length > 0 ? todo : ['everything is there'])].join('; ');
    return { what, ok: missing.length === 0, text };
  } catch (error) {
    return { what, ok: false, text: (error as Error).message };
  } finally {
    await opened.close();
  }
}
