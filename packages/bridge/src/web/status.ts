// What the bridge says of itself, for people and for the readers of the replaced watch program's /api/status.

import { memoryUsage } from 'node:process';
import { topicBytesMax } from '../ingest/ingest.ts';
import type { AcknowledgementTimes } from '../intake/acknowledgement-times.ts';
import type { Fault } from '../keeping/faults.ts';
import { deviceId, topicParts } from '../live/device-id.ts';
import type { Live } from '../live/live.ts';
import type { AsideMessage } from '../log/asides.ts';
import type { TypeConflict } from '../log/field-types.ts';
import type { Log } from '../log/log.ts';
import type { SeriesKey } from '../message.ts';
import type { TierAccounts } from '../tiers/tiers.ts';
import type { DeviceState, DeviceView } from './api.ts';
import type { EventStream } from './event-stream.ts';
import { agentView } from './routes/agents.ts';
import type {
  AccountsView,
  AlertChannelView,
  AsideView,
  BrokerView,
  SinkView,
  StatusView,
  StorageView,
  TypeConflictView,
} from './status-views.ts';

export interface StatusSources {
  readonly live: Live;
  readonly log: Pick<Log, 'accounts' | 'series'>;
  /** Messages that came and are not committed yet. */
  readonly waiting: () => number;
  /** `cursor`: position up to which the tiers have seen every reading. */
  readonly tiers: () => Pick<TierAccounts, 'behind' | 'missed'> & { readonly cursor: number };
  readonly version: string;
  readonly startedMs: number;
  /** The newest of what the log said to be wrong, for the report. */
  readonly faults?: () => readonly Fault[];
  /** The newest of what was set aside. */
  readonly setAside?: () => readonly AsideMessage[];
  /** The newest fields with values that were left out. */
  readonly typeConflicts?: () => readonly (TypeConflict & { readonly key: SeriesKey })[];
  /** Shown with the metrics. */
  readonly acknowledgements?: AcknowledgementTimes;
  readonly broker: () => BrokerView;
  readonly sinks: () => readonly SinkView[];
  readonly alerts: () => readonly AlertChannelView[];
  readonly storage: () => StorageView;
  /** Why the bridge cannot be relied on now, in words; empty when it can. */
  readonly notReady: () => readonly string[];
}

/** Ages by which the replaced program called a source alive. */
const bluetoothSeconds = 120;
const canbusSeconds = 300;

export function statusView(sources: StatusSources, pages: EventStream['counts'], now: number): StatusView {
  const { live, log, startedMs } = sources;
  const devices = live.devices.views(now);
  const firsts = log.series().map(({ firstMs }) => firstMs);
  return {
    status: overall(devices),
    version: sources.version,
    uptime_secs: Math.max(0, Math.floor((now - startedMs) / 1000)),
    ...replacedKeys(devices),
    now,
    started: startedMs,
    not_ready: sources.notReady(),
    accounts: accountsView(sources),
    type_conflicts: (sources.typeConflicts?.() ?? []).map(typeConflictView),
    set_aside: (sources.setAside?.() ?? []).map(asideView),
    devices: countStates(devices),
    readings_not_shown: live.devices.hiddenReadings(),
    agents: live.agents.entries().map(([name, agent]) => agentView(name, agent)),
    first_stored: firsts.length === 0 ? null : Math.min(...firsts),
    broker: sources.broker(),
    sinks: sources.sinks(),
    alerts: sources.alerts(),
    storage: sources.storage(),
    memory_bytes: memoryUsage.rss(),
    pages,
  };
}

export function accountsView({
  log,
  tiers,
  waiting,
}: Pick<StatusSources, 'log' | 'tiers' | 'waiting'>): AccountsView {
  const { missing, agents, ...counts } = log.accounts();
  const { cursor, behind, missed } = tiers();
  return {
    ...counts,
    waiting: waiting(),
    missing: missing.map(({ series, stream, count }) => ({ ...nameOf(series), ...series, stream, count })),
    agents: agents.map(({ givenUp, ...tally }) => ({ ...tally, given_up: givenUp })),
    tiers: { merged: cursor - missed, pending: behind, missed },
  };
}

/** A stream of which nothing came yet has no device. */
const nameOf = (series: SeriesKey): Pick<AccountsView['missing'][number], 'device' | 'name'> =>
  series.topic === '' ? {} : { device: deviceId(series), name: topicParts(series.topic).name };

const typeConflictView = ({
  key,
  field,
  type,
  value,
  receivedMs,
  count,
}: TypeConflict & { readonly key: SeriesKey }): TypeConflictView => ({
  ...key,
  field,
  type,
  value,
  time: receivedMs,
  count,
});

const payloadShownMax = 200;

function asideView({ topic, receivedMs, reason, detail, bytes, payload }: AsideMessage): AsideView {
  const beginning = Buffer.from(payload.subarray(0, payloadShownMax)).toString('utf8');
  return { topic: topic.slice(0, topicBytesMax), time: receivedMs, reason, detail, bytes, beginning };
}

export function countStates(devices: readonly Pick<DeviceView, 'state'>[]): Record<DeviceState, number> {
  const counts = { fresh: 0, sleeping: 0, late: 0, lost: 0 };
  for (const { state } of devices) counts[state] += 1;
  return counts;
}

function overall(devices: readonly DeviceView[]): StatusView['status'] {
  const { fresh, sleeping, late, lost } = countStates(devices);
  if (fresh + sleeping === 0) return 'ERROR';
  return late + lost === 0 ? 'OK' : 'DEGRADED';
}

function replacedKeys(devices: readonly DeviceView[]) {
  const inverter = newest(devices.filter(({ kind }) => kind === 'inverter'));
  const battery = newest(devices.filter(({ kind, vendor }) => kind === 'battery' && vendor === 'can'));
  return {
    bluetooth: inverter !== undefined && Math.floor(inverter.age) < bluetoothSeconds,
    bluetooth_device: inverter?.name ?? '',
    bluetooth_last_update: rfc3339(inverter),
    bluetooth_polling_period: inverter?.interval ?? 0,
    canbus: battery !== undefined && Math.floor(battery.age) < canbusSeconds,
    canbus_device: battery?.name ?? null,
    canbus_baud_rate: null,
    canbus_last_update: rfc3339(battery),
  };
}

const newest = (devices: readonly DeviceView[]): DeviceView | undefined =>
  devices.toSorted((a, b) => b.time - a.time)[0];

/** With nanoseconds, as its readers know it. */
const rfc3339 = (device: DeviceView | undefined): string | null =>
  device === undefined ? null : new Date(device.time).toISOString().replace('Z', '000000Z');
