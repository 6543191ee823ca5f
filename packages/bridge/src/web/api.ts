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
  /** Since when the tier has all of them, where that is later: what is older has gone. */
  readonly held_from?: number;
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
  /** Since it started: taken = confirmed + waiting + given_up + lost. Absent when it does not count. */
  readonly readings?: {
    /** From its devices, with what waited when it started. */
    readonly taken: number;
    readonly confirmed: number;
    readonly waiting: number;
    readonly given_up: number;
    readonly lost: number;
  };
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

/** `POST /api/devices/:id/rename`, `/merge`, `/delete`: what was done, or would be, in words. */
export interface DeviceChangeView {
  readonly dry_run: boolean;
  readonly words: readonly string[];
}

/** `/api/session`: who asks, as the bridge sees it. */
export interface SessionView {
  /** `null`: nobody is signed in. */
  readonly user: string | null;
  readonly may_read: boolean;
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
