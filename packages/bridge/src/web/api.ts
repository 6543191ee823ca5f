// The shapes of the HTTP API, shared by the server and the page. Times are ms since 1970, ages and intervals seconds.

import type { DeviceKind, FieldKind, Flow, Unit, Value } from '@wattline/protocols';

export type DeviceState = 'fresh' | 'sleeping' | 'late' | 'lost';

export interface ValueView {
  readonly value: Value;
  readonly unit?: Unit;
  readonly kind: FieldKind;
  /** Time of measuring of this value. */
  readonly time: number;
  readonly age: number;
  readonly problem?: true;
  /** How the value counts in the site's sum of watts, where its kind declares it: the page's sign and colour. */
  readonly flow?: Pick<Flow, 'node' | 'sign'>;
}

/** `/api/devices` answers `{ now, devices: DeviceView[] }`, `/api/devices/:id` one `DeviceView` with `now`. */
export interface DeviceView {
  readonly id: string;
  readonly name: string;
  readonly topic: string;
  readonly vendor: string;
  readonly type: string;
  readonly agent: string;
  readonly site?: string;
  readonly kind: DeviceKind;
  readonly kind_label: string;
  readonly definition?: string;
  readonly model?: string;
  readonly state: DeviceState;
  /** Time of measuring of the newest reading. */
  readonly time: number;
  readonly age: number;
  readonly clock: 'synced' | 'unsynced';
  readonly interval?: number;
  readonly next_due?: number;
  /** Readings still on the agent. */
  readonly pending?: number;
  /** dBm. */
  readonly signal_strength?: number;
  readonly values: { readonly [field: string]: ValueView };
  /** Names of the values that lead, the first the most telling. */
  readonly lead: readonly string[];
  /** The same topic is used by another agent as well. */
  readonly shared_topic?: true;
}

export interface SeriesPoint {
  readonly time: number;
  readonly mean?: number | null;
  readonly min?: number | null;
  readonly max?: number | null;
  readonly last?: Value;
  readonly increase?: number | null;
  readonly bits?: readonly string[];
}

/** `/api/series`: the finest tier that gives at most `points`. */
export interface SeriesView {
  readonly device: string;
  readonly field: string;
  readonly kind: FieldKind;
  readonly unit?: Unit;
  readonly tier: string;
  /** Seconds; 0 for raw. */
  readonly every: number;
  readonly from: number;
  readonly to: number;
  /** Time of the first reading ever stored of this device. */
  readonly first?: number;
  readonly points: readonly SeriesPoint[];
}

export interface SiteView {
  readonly now: number;
  readonly name: string;
  readonly timezone: string;
  /** Supply is positive, use negative. `age` of the oldest value in the sum; `null`: unknown. */
  readonly watts: readonly {
    readonly node: 'sun' | 'battery' | 'grid' | 'load';
    readonly value: number | null;
    readonly age: number | null;
    /** Ids of the devices in the sum. */
    readonly devices: readonly string[];
    /** Ids of devices that belong to the node but are not in the sum: their value is not current, or unknown. */
    readonly stale?: readonly string[];
  }[];
  /** Watts that supply and use do not explain. */
  readonly unexplained: number | null;
  /** Wh. */
  readonly energy_today: number | null;
  readonly energy_same_day_last_year: number | null;
}

/** `/api/alarms` answers `{ now, alarms: AlarmView[] }`, the newest first. One of them is known by device, code and since. */
export interface AlarmView {
  readonly device: string;
  readonly name: string;
  readonly code: string;
  readonly text: string;
  readonly level: 'warning' | 'alarm' | 'late' | 'lost';
  readonly since: number;
  readonly until: number | null;
}

/** `/api/agents` answers `{ now, agents: AgentView[] }`. */
export interface AgentView {
  readonly name: string;
  readonly state: 'online' | 'sleeping' | 'offline';
  readonly version: string;
  /** When it last said so, by the bridge's clock. */
  readonly heard: number;
  readonly next_due?: number;
  /** Absent when it is not known. */
  readonly outbox?: { readonly readings: number; readonly bytes: number; readonly oldest?: number };
  readonly devices: readonly {
    readonly name: string;
    readonly topic: string;
    readonly interval: number;
    readonly last_read?: number;
    readonly signal_strength?: number;
    readonly problem?: string;
  }[];
  /** What it hears that is not configured. */
  readonly in_reach: readonly {
    readonly address: string;
    readonly model: string;
    readonly signal_strength?: number;
  }[];
}

/** Of one kind of item: stored = delivered + pending + refused + expired. */
export interface DeliveryView {
  readonly delivered: number;
  readonly pending: number;
  /** Refused by the store one by one, kept with its words. */
  readonly refused: number;
  /** Too old for the store, or no longer held when it was reached. */
  readonly expired: number;
  /** Time of the oldest that waits. */
  readonly oldest?: number;
}

export interface SinkView {
  readonly name: string;
  readonly type: string;
  readonly state: 'idle' | 'delivering' | 'waiting';
  /** Why it waits, and what to do. */
  readonly problem?: string;
  readonly problem_since?: number;
  readonly readings: DeliveryView;
  /** Closed windows of the tiers, counted each time one changes. */
  readonly windows: DeliveryView;
  /** The newest of what was refused. */
  readonly refused: readonly { readonly time: number; readonly point: string; readonly reason: string }[];
}

export interface BrokerView {
  readonly kind: 'embedded' | 'external';
  readonly address: string;
  readonly connected: boolean;
  readonly since?: number;
  readonly clients?: number;
  /** What the embedded broker refused since the start, by cause. */
  readonly refused?: { readonly [cause: string]: number };
  readonly problem?: string;
}

export interface TierView {
  /** `raw` or the name of a tier. */
  readonly tier: string;
  /** Seconds; 0 for raw. */
  readonly every: number;
  /** Seconds; `null`: for ever. */
  readonly keep: number | null;
  readonly rows?: number;
  readonly oldest?: number;
}

export interface StorageView {
  readonly bytes: number;
  readonly bytes_max: number;
  readonly tiers: readonly TierView[];
}

/**
 * received = stored + duplicate + conflict + state + all of aside;
 * stored = held + expired = merged + pending + missed of the tiers = delivered + pending + refused + expired of each sink.
 */
export interface AccountsView {
  /** Messages that came and are not committed yet: nor are they acknowledged. */
  readonly waiting: number;
  readonly received: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly conflict: number;
  readonly state: number;
  readonly aside: { readonly [reason: string]: number };
  /** Readings that an agent counted and that have not come. */
  readonly missing: readonly {
    /** Id, and name, of the device that the stream's newest reading is of; absent before the first. */
    readonly device?: string;
    readonly name?: string;
    readonly topic: string;
    readonly agent: string;
    readonly stream: string;
    readonly count: number;
  }[];
  /** By the sequences of each agent's readings: counted = arrived + given_up + missing. */
  readonly agents: readonly {
    readonly agent: string;
    readonly counted: number;
    readonly arrived: number;
    readonly given_up: number;
    readonly missing: number;
  }[];
  /** Readings that are held as they came. */
  readonly held: number;
  /** Readings that got their time late, and with it a second place: whoever follows the log passes over the first. */
  readonly moved: number;
  /** Readings that were stored and are no longer held. */
  readonly expired: number;
  /** Readings on their way into the windows of the tiers; missed: they left the log before. */
  readonly tiers: { readonly merged: number; readonly pending: number; readonly missed: number };
}

/** A message that is no reading, and why. */
export interface AsideView {
  readonly topic: string;
  readonly time: number;
  readonly reason: string;
  readonly detail: string;
  readonly bytes: number;
  /** Of the payload. */
  readonly beginning: string;
}

/** `/api/status`. The keys up to `canbus_last_update` are those of the replaced watch program, in its types. */
export interface StatusView {
  /** OK: every device speaks or sleeps; ERROR: none does. */
  readonly status: 'OK' | 'DEGRADED' | 'ERROR';
  readonly version: string;
  readonly uptime_secs: number;
  /** The inverter that spoke last did so within two minutes. */
  readonly bluetooth: boolean;
  readonly bluetooth_device: string;
  /** RFC 3339. */
  readonly bluetooth_last_update: string | null;
  /** Seconds. */
  readonly bluetooth_polling_period: number;
  /** The CAN battery that spoke last did so within five minutes. */
  readonly canbus: boolean;
  readonly canbus_device: string | null;
  readonly canbus_baud_rate: number | null;
  readonly canbus_last_update: string | null;
  readonly now: number;
  readonly started: number;
  /** Why the bridge is not ready; empty when it is. */
  readonly not_ready: readonly string[];
  readonly accounts: AccountsView;
  /** The newest of what was set aside, the newest first. */
  readonly set_aside: readonly AsideView[];
  readonly devices: { readonly [State in DeviceState]: number };
  /** Readings of devices beyond the number that is shown. */
  readonly readings_not_shown: number;
  readonly agents: readonly AgentView[];
  /** Time of the first reading ever stored. */
  readonly first_stored: number | null;
  readonly broker: BrokerView;
  readonly sinks: readonly SinkView[];
  readonly storage: StorageView;
  readonly pages: { readonly clients: number; readonly dropped: number; readonly refused: number };
}

export interface ErrorView {
  readonly error: { readonly code: string; readonly message: string };
}

/** `/api/events`: event name → data. `heartbeat` every 5 s carries the server's clock. */
export interface EventViews {
  readonly reading: { readonly now: number; readonly device: DeviceView };
  readonly state: { readonly now: number; readonly id: string; readonly state: DeviceState };
  readonly alarm: { readonly now: number; readonly alarm: AlarmView };
  readonly heartbeat: { readonly now: number };
}
