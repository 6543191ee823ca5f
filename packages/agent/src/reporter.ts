// From what was heard to a reading with identity, topic and metadata, handed over for delivery. Keeps what the agent
// knows about each device, and says each trouble once.

import type { Clock, Log, Repeats } from '@wattline/program';
import { type AgentState, formatTopic, type Reading } from '@wattline/protocols';
import type { DeviceConfiguration } from './config/configuration.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { Identity } from './identity.ts';
import type { Heard, Observer, Trouble } from './reading/device.ts';

export interface ReporterOptions {
  readonly agent: string;
  readonly site?: string;
  readonly devices: readonly DeviceConfiguration[];
  /** Between readings as planned. */
  readonly intervalSecondsOf: (device: DeviceConfiguration) => number;
  readonly identity: Identity;
  readonly clock: Pick<Clock, 'isSynced'>;
  readonly delivery: Pick<Delivery, 'deliver'>;
  readonly log: Log;
  readonly repeats: Repeats;
  /** After a reading was accepted. */
  readonly accepted?: (topic: string, reading: Reading) => void;
}

export interface Reporter extends Observer {
  readonly devices: () => AgentState['devices'];
  /** Resolves when every reading handed over so far is accepted or lost. */
  readonly settled: () => Promise<void>;
}

interface Known {
  readonly device: DeviceConfiguration;
  topic?: string;
  lastReadMs?: number;
  rssi?: number;
  trouble?: Trouble;
}

export function createReporter(options: ReporterOptions): Reporter {
  const { repeats, log } = options;
  const known = new Map<string, Known>(options.devices.map((device) => [device.name, { device }]));
  const underWay = new Set<Promise<void>>();

  const deliver = async (topic: string, reading: Reading): Promise<void> => {
    try {
      await options.delivery.deliver(topic, reading);
      options.accepted?.(topic, reading);
    } catch (error) {
      log.error(`${topic}: a reading is lost`, error);
    }
  };
  return {
    reading({ name }, heard) {
      const about = known.get(name);
      if (about === undefined) return;
      const topic = topicOf(about.device, heard);
      about.topic = topic;
      about.lastReadMs = heard.moment.wallMs;
      if (heard.rssi !== undefined) about.rssi = heard.rssi;
      delete about.trouble;
      repeats.ended(name, `${name}: read again`);
      log.debug(`${topic}: ${JSON.stringify(heard.decoded.values)}`);
      const delivery = deliver(topic, readingOf(options, about.device, heard));
      underWay.add(delivery);
      void delivery.finally(() => underWay.delete(delivery));
    },
    trouble({ name }, trouble) {
      const about = known.get(name);
      if (about !== undefined) about.trouble = trouble;
      // A damaged packet is normal on the air; a key that does not fit needs a person.
      const level = trouble.code === 'key' ? 'error' : trouble.code === 'corrupt' ? 'debug' : 'warn';
      repeats.fault(name, `${name}: ${trouble.message}`, level);
    },
    devices: () => [...known.values()].map((about) => viewOf(about, options.intervalSecondsOf(about.device))),
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

const topicOf = ({ vendor, type, name }: DeviceConfiguration, { decoded }: Heard): string =>
  formatTopic({ vendor, type: type ?? decoded.kind, name });

function readingOf(
  options: ReporterOptions,
  device: DeviceConfiguration,
  { decoded, moment }: Heard,
): Reading {
  const { identity, agent, site, clock } = options;
  return {
    timeMs: Math.round(moment.wallMs),
    clock: clock.isSynced() ? 'synced' : 'unsynced',
    boot: identity.boot,
    uptimeMs: Math.round(moment.uptimeMs),
    agent,
    stream: identity.stream,
    sequence: identity.nextSequence(),
    definition: device.definition.id,
    kind: decoded.kind,
    ...(decoded.model === undefined ? {} : { model: decoded.model }),
    intervalSeconds: options.intervalSecondsOf(device),
    ...(site === undefined ? {} : { site }),
    values: decoded.values,
  };
}

function viewOf(about: Known, intervalSeconds: number): AgentState['devices'][number] {
  const { device, topic, lastReadMs, rssi, trouble } = about;
  return {
    name: device.name,
    topic: topic ?? formatTopic({ vendor: device.vendor, type: device.type ?? '', name: device.name }),
    intervalSeconds,
    ...(lastReadMs === undefined ? {} : { lastReadMs }),
    ...(rssi === undefined ? {} : { rssi }),
    ...(trouble === undefined ? {} : { problem: trouble.message }),
  };
}
