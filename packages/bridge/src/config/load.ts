// Finds, reads and types the configuration of a bridge; without a file it runs on embedded defaults.

import { dirname, join, resolve } from 'node:path';
import {
  hostPortOf,
  locateConfiguration,
  parseSize,
  readSettings,
  type Surroundings,
  secretsBeside,
  stateDirectory,
} from '@wattline/program';
import type { CertificateFiles } from '../certificate.ts';
import { defaultTopics } from '../ingest/topics.ts';
import { presets } from '../tiers/tier.ts';
import type {
  AlertsConfiguration,
  BridgeConfiguration,
  BrokerConfiguration,
  StoreConfiguration,
} from './configuration.ts';
import { toReplacedPrograms } from './replaced-programs.ts';
import { bridgeSchema, presetSizes, type WrittenBridge } from './schema.ts';
import { toSinks } from './sinks.ts';

interface LoadedBridge {
  readonly configuration: BridgeConfiguration;
  /** Where it was found; absent: embedded defaults. */
  readonly file?: string;
  /** Texts that must never appear in a log. */
  readonly secrets: readonly string[];
}

/** `option` is what `--config` says. @throws ConfigurationError with every problem */
export function loadBridgeConfiguration(
  option: string | undefined,
  surroundings: Surroundings,
): LoadedBridge {
  const { environment, workingDirectory } = surroundings;
  const name = 'bridge.yml';
  const located = locateConfiguration({ option, name }, surroundings);
  const path = located?.path ?? join(workingDirectory, name);
  const { value, secrets } = readSettings({
    ...(located === undefined ? {} : { text: located.text }),
    environment,
    readSecrets: secretsBeside(path, located?.text.file ?? name),
    schema: bridgeSchema,
  });
  const toPath = (written: string) => resolve(dirname(path), written);
  const { sinks, tokens } = toSinks(value.sinks, toPath, located?.text.file ?? name);
  const statePath = stateDirectory(surroundings, located?.path);
  return {
    configuration: { ...toConfiguration(value, surroundings, toPath, statePath), sinks },
    ...(located === undefined ? {} : { file: located.text.file }),
    // The path of a key is none: whoever has to mend it must be able to read it.
    secrets: [
      ...secrets.filter((text) => text !== value.web.tls?.key && text !== value.broker.tls?.key),
      ...tokens,
    ],
  };
}

type ToPath = (written: string) => string;

function toConfiguration(
  written: WrittenBridge,
  { hostName, timeZone }: Surroundings,
  toPath: ToPath,
  statePath: string,
): Omit<BridgeConfiguration, 'sinks'> {
  const { web, site } = written;
  const zone = site.timezone ?? timeZone;
  const replacedPrograms = toReplacedPrograms(written.replaced_programs, zone);
  return {
    broker: toBroker(written.broker, hostName, toPath),
    topics: [...(written.topics ?? defaultTopics), ...replacedPrograms.qpigsTopics.keys()],
    store: toStore(written.store, toPath, statePath),
    web: { ...web.listen, hosts: web.hosts, ...toTls(web.tls, toPath) },
    site: { name: site.name ?? hostName, timeZone: zone },
    replacedPrograms,
    ...(written.alerts === undefined ? {} : { alerts: toAlerts(written.alerts) }),
    allowsAnonymous: written.allow_anonymous,
  };
}

function toBroker(written: WrittenBridge['broker'], hostName: string, toPath: ToPath): BrokerConfiguration {
  const { listen, url, username, password, client_id, group, ca } = written;
  if (url === undefined) {
    const { message, rate, connections, pending } = written.limits;
    return {
      is: 'embedded',
      ...(listen ?? { host: '127.0.0.1', port: 1883 }),
      ...toTls(written.tls, toPath),
      limits: {
        packetBytesMax: message,
        rateMax: rate,
        connectionsMax: connections,
        pendingMax: pending,
      },
    };
  }
  const isTls = ca !== undefined || url.protocol === 'mqtts:';
  return {
    is: 'external',
    ...hostPortOf(url, isTls ? 8883 : 1883),
    isTls,
    ...(ca === undefined ? {} : { caFile: toPath(ca) }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    clientId: client_id ?? `wattline-bridge-${hostName}`,
    ...(group === undefined ? {} : { group }),
  };
}

const toTls = (written: WrittenBridge['web']['tls'], toPath: ToPath): { tls?: CertificateFiles } =>
  written === undefined ? {} : { tls: { certFile: toPath(written.cert), keyFile: toPath(written.key) } };

function toStore(written: WrittenBridge['store'], toPath: ToPath, statePath: string): StoreConfiguration {
  const { path, preset, max_size, raw, tiers } = written;
  const { rawMs, tiers: presetTiers } = presets[preset];
  return {
    path: path === undefined ? statePath : toPath(path),
    sizeBytesMax: max_size ?? parseSize(presetSizes[preset]) ?? 0,
    retention: {
      rawMs: raw ?? rawMs,
      tiers:
        tiers?.map(({ every, keep }) => ({ every, keepMs: Number.isFinite(keep) ? keep : null })) ??
        presetTiers,
    },
  };
}

const toAlerts = ({
  mqtt,
  webhook,
  hold,
  levels,
}: NonNullable<WrittenBridge['alerts']>): AlertsConfiguration => ({
  ...(mqtt === undefined ? {} : { topic: mqtt }),
  ...(webhook === undefined ? {} : { webhook }),
  holdMs: hold,
  levels,
});
