// Finds, reads and types the configuration of an agent.

import { dirname, resolve } from 'node:path';
import {
  ConfigurationError,
  hostPortOf,
  locateConfiguration,
  makeSecret,
  readSettings,
  type Secret,
  type Surroundings,
  secretsBeside,
  stateDirectory,
} from '@wattline/program';
import { type DeviceDefinition, familyOf, namePattern } from '@wattline/protocols';
import type { Night } from '../reading/night.ts';
import { bitRateOf, toBusSettings } from './bus-rules.ts';
import type { AgentConfiguration, DeviceConfiguration, MqttConfiguration } from './configuration.ts';
import { withoutKey } from './device-rules.ts';
import type { WrittenDevice } from './device-schema.ts';
import { isReplacedConfiguration, translateReplaced } from './replaced-tool.ts';
import { agentSchema, type WrittenAgent } from './schema.ts';

interface LoadedAgent {
  readonly configuration: AgentConfiguration;
  /** Where it was found. */
  readonly file: string;
  /** Texts that must never appear in a log. */
  readonly secrets: readonly string[];
  /** What was left out or has no effect yet, one sentence each, for the log. */
  readonly notices: readonly string[];
}

/** `option` is what `--config` says. @throws ConfigurationError with every problem */
export function loadAgentConfiguration(option: string | undefined, surroundings: Surroundings): LoadedAgent {
  const located = locateConfiguration(
    { option, name: 'agent.yml', foreign: { name: 'config.yml', isOurs: isReplacedConfiguration } },
    surroundings,
  );
  if (located === undefined) throw nothingFound();
  const { path, text } = located;
  const { value, secrets, notices } = readSettings({
    text,
    environment: surroundings.environment,
    readSecrets: secretsBeside(path, text.file),
    schema: agentSchema,
    translate: translateReplaced,
  });
  const toPath = (written: string) => resolve(dirname(path), written);
  return {
    configuration: toConfiguration(value, surroundings, toPath, stateDirectory(surroundings, path)),
    file: text.file,
    secrets,
    notices: [...notices, ...withoutEffect(value)],
  };
}

const nothingFound = (): ConfigurationError =>
  new ConfigurationError([
    {
      place: { source: 'no configuration' },
      path: '',
      text: 'expected --config FILE, $WATTLINE_CONFIG, ./agent.yml, ./config.yml or /etc/wattline/agent.yml',
    },
  ]);

function withoutEffect({ home_assistant }: WrittenAgent): readonly string[] {
  return home_assistant ? ['home_assistant: this release announces nothing to Home Assistant yet'] : [];
}

function toConfiguration(
  written: WrittenAgent,
  { hostName }: Surroundings,
  toPath: (written: string) => string,
  statePath: string,
): AgentConfiguration {
  const { site, outbox, bluetooth, wake } = written;
  return {
    agent: written.agent ?? agentOf(hostName),
    ...(site === undefined ? {} : { site }),
    mqtt: toMqtt(written.mqtt, toPath),
    homeAssistant: written.home_assistant,
    outbox: {
      path: outbox.path === undefined ? resolve(statePath, 'outbox') : toPath(outbox.path),
      sizeBytesMax: outbox.max_size,
      ageMsMax: outbox.max_age,
    },
    bluetooth: {
      ...(bluetooth.adapter === undefined ? {} : { adapter: bluetooth.adapter }),
      access: bluetooth.access,
      library: bluetooth.library,
    },
    deadlineMs: written.deadline,
    ...(wake === undefined ? {} : { wakeEveryMs: wake.every }),
    night: toNight(written.night),
    devices: written.devices.map((device, index) => toDevice(device, index, written.mqtt.base_topic, toPath)),
  };
}

/** Most sites are dark then all year. */
const nightDefault: Night = { by: 'time', fromMinutes: 21 * 60, toMinutes: 5 * 60 };

function toNight(written: WrittenAgent['night']): Night {
  const { from, to, latitude, longitude } = written ?? {};
  if (latitude !== undefined && longitude !== undefined) return { by: 'sun', latitude, longitude };
  if (from === undefined || to === undefined) return nightDefault;
  return { by: 'time', fromMinutes: from, toMinutes: to };
}

function agentOf(hostName: string): string {
  if (namePattern.test(hostName)) return hostName;
  const text = `missing, and the host name ${JSON.stringify(hostName)} is not 1 to 64 of A-Z a-z 0-9 _ . -`;
  throw new ConfigurationError([{ place: { source: 'configuration' }, path: 'agent', text }]);
}

function toMqtt(written: WrittenAgent['mqtt'], toPath: (written: string) => string): MqttConfiguration {
  const { url, ca, version, retain, username, password } = written;
  const isTls = ca !== undefined || url?.protocol === 'mqtts:';
  const defaultPort = isTls ? 8883 : 1883;
  return {
    ...(url === undefined
      ? { host: written.host ?? '', port: written.port ?? defaultPort }
      : hostPortOf(url, defaultPort)),
    isTls,
    ...(ca === undefined ? {} : { caFile: toPath(ca) }),
    version,
    retain,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

function toDevice(
  written: WrittenDevice,
  index: number,
  baseTopic: string,
  toPath: (written: string) => string,
): DeviceConfiguration {
  const definition = familyOf(written.definition);
  const { type, address, port, replay, night_interval, keep_connected, limits, scale, units } = written;
  const bitRate = written.bit_rate ?? bitRateOf(definition);
  const secret = toSecret(written, definition);
  const pin = written.pin?.reveal();
  return {
    index,
    name: written.name,
    definition,
    vendor: definition.vendor === 'victron' ? baseTopic : definition.vendor,
    ...(type === undefined ? {} : { type }),
    ...(address === undefined ? {} : { address }),
    ...(port === undefined ? {} : { port }),
    ...(bitRate === undefined ? {} : { bus: { bitRate, ...toBusSettings(written) } }),
    ...(replay === undefined ? {} : { replay: toPath(replay) }),
    ...(secret === undefined ? {} : { secret }),
    ...(pin === undefined ? {} : { passkey: makeSecret(Number(pin)) }),
    intervalMs: written.interval,
    ...(night_interval === undefined ? {} : { nightIntervalMs: night_interval }),
    ...(limits === undefined ? {} : { limits }),
    ...(scale === undefined ? {} : { scale }),
    ...(keep_connected === undefined ? {} : { keepsConnected: keep_connected }),
    ...(units === 'own' ? { isAlone: true } : {}),
  };
}

function toSecret(written: WrittenDevice, { secret }: DeviceDefinition): Secret<Uint8Array> | undefined {
  const text = secret === undefined ? undefined : written[secret.setting]?.reveal();
  if (text === undefined || text === withoutKey) return undefined;
  return makeSecret(Uint8Array.from(Buffer.from(text, secret?.hexDigits === undefined ? 'utf8' : 'hex')));
}
