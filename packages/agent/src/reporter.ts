// From what was heard to a reading with identity, topic and metadata, handed over for delivery. Keeps what the agent
// knows about each device, and says each trouble once.

import type { Clock, Log, Repeats } from '@wattline/program';
import { type AgentState, formatTopic, type Reading } from '@wattline/protocols';
import type { DeviceConfiguration } from './config/configuration.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { Identity } from './identity.ts';
import { type Heard, isOdd, type Observer, type Trouble } from './reading/device.ts';
import { judge } from './reading/plausible.ts';
import { silentAfter } from './reading/silence.ts';
import type { Moment } from './transport.ts';

export interface ReporterOptions {
  readonly agent: string;
  readonly site?: string;
  readonly devices: readonly DeviceConfiguration[];
  /** Between readings as planned. */
  readonly intervalSecondsOf: (device: DeviceConfiguration) => number;
  readonly identity: Identity;
  readonly clock: Pick<Clock, 'isSynced' | 'nowMs' | 'uptimeMs'>;
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
  /** Time of measuring of the last reading. */
  lastReadMs?: number;
  /** When that was handed over. */
  lastUptimeMs?: number;
  rssi?: number;
  trouble?: Trouble;
  /** Damaged and foreign packets since the last reading. */
  odd: number;
}

/** Damaged and foreign packets are normal on the air, and a cable is opened in the middle of a block. */
const oddMax = 5;

export function createReporter(options: ReporterOptions): Reporter {
  const { repeats, log, clock } = options;
  const known = new Map(options.devices.map((device): [string, Known] => [device.name, { device, odd: 0 }]));
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
    reading({ name, replay }, heard) {
      const about = unitOf(known, name, heard.decoded.part);
      if (about === undefined) return;
      const topic = topicOf(about.device, heard);
      const decoded = plausible(options, about.device, heard.decoded);
      const times = replay === undefined ? timesOf(options, heard.moment) : recordedTimes(heard.moment);
      const reading = readingOf(options, about.device, decoded, times);
      noteReading(about, topic, reading, heard.rssi);
      about.lastUptimeMs = clock.uptimeMs();
      repeats.ended(name, `${name}: read again`);
      log.debug(`${topic}: ${JSON.stringify(reading.values)}`);
      const delivery = deliver(topic, reading);
      underWay.add(delivery);
      void delivery.finally(() => underWay.delete(delivery));
    },
    trouble({ name }, trouble) {
      const about = known.get(name);
      if (about === undefined) return;
      if (isOdd(trouble.code) && (++about.odd < oddMax || isFresh(about, clock.uptimeMs()))) {
        log.debug(`${name}: ${trouble.message} (${about.odd} since the last reading)`);
        return;
      }
      about.trouble = trouble;
      // A key that does not fit needs a person; anything else may pass.
      repeats.fault(name, `${name}: ${trouble.message}`, trouble.code === 'key' ? 'error' : 'warn');
    },
    devices: () => [...known.values()].map((about) => viewOf(about, options.intervalSecondsOf(about.device))),
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** What cannot be true is published as unknown; said once for each change of which fields it is, and counted. */
function plausible(
  { repeats }: ReporterOptions,
  { name, limits }: DeviceConfiguration,
  decoded: Heard['decoded'],
): Heard['decoded'] {
  const { values, implausible } = judge(decoded.values, limits);
  const key = `${name} values`;
  if (implausible.length === 0) repeats.ended(key, `${name}: all values can be true again`);
  else
    repeats.fault(
      key,
      `${name}: what cannot be true is published as unknown: ${implausible.join(', ')}; "limits" of the device changes what can be`,
    );
  return { ...decoded, values };
}

/** One of several units behind a device's link is a device of its own, `<name>_<part>`. */
function unitOf(known: Map<string, Known>, name: string, part: string | undefined): Known | undefined {
  const of = known.get(name);
  if (of === undefined || part === undefined) return of;
  const own = `${name}_${part}`;
  const unit = known.get(own);
  if (unit !== undefined) return unit;
  const added: Known = { device: { ...of.device, name: own }, odd: 0 };
  known.set(own, added);
  return added;
}

function noteReading(about: Known, topic: string, { timeMs }: Reading, rssi?: number): void {
  about.topic = topic;
  about.lastReadMs = timeMs;
  about.odd = 0;
  if (rssi !== undefined) about.rssi = rssi;
  delete about.trouble;
}

const isFresh = ({ device, lastUptimeMs }: Known, uptimeMs: number): boolean =>
  lastUptimeMs !== undefined && uptimeMs - lastUptimeMs < silentAfter(device);

const topicOf = ({ vendor, type, name }: DeviceConfiguration, { decoded }: Heard): string =>
  formatTopic({ vendor, type: type ?? decoded.kind, name });

type Times = Pick<Reading, 'timeMs' | 'clock' | 'boot' | 'uptimeMs'>;

function timesOf({ clock, identity }: ReporterOptions, { uptimeMs }: Moment): Times {
  // By its age, not by the clock that it was heard by: the clock may have been set right since.
  const ageMs = clock.uptimeMs() - uptimeMs;
  return {
    timeMs: Math.round(clock.nowMs() - ageMs),
    clock: clock.isSynced() ? 'synced' : 'unsynced',
    boot: identity.boot,
    uptimeMs: Math.round(uptimeMs),
  };
}

/** A recording counts as a boot of its own: its clocks say nothing about this machine's. */
const recordedTimes = ({ wallMs, uptimeMs }: Moment): Times => ({
  timeMs: Math.round(wallMs),
  clock: 'synced',
  boot: `recording-${Math.round(wallMs - uptimeMs)}`,
  uptimeMs: Math.round(uptimeMs),
});

function readingOf(
  options: ReporterOptions,
  device: DeviceConfiguration,
  decoded: Heard['decoded'],
  times: Times,
): Reading {
  const { identity, agent, site } = options;
  return {
    ...times,
    agent,
    stream: identity.stream,
    sequence: identity.nextSequence(),
    definition: decoded.family ?? device.definition.id,
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
    topic: topic ?? formatTopic({ vendor: device.vendor, type: device.type ?? '+', name: device.name }),
    intervalSeconds,
    ...(lastReadMs === undefined ? {} : { lastReadMs }),
    ...(rssi === undefined ? {} : { rssi }),
    ...(trouble === undefined ? {} : { problem: trouble.message }),
  };
}
