// The shapes of /api/status. Times are ms since 1970, ages and intervals seconds.

import type { Role } from '../users/users-file.ts';
import type { AgentView, DeviceState } from './api.ts';

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
  /** Stored before the sink was added, which asked for what comes from then on. */
  readonly skipped?: number;
}

/** `/api/sinks/:name/replay`: a sink is filled again with what is still held of a span of time. */
export interface ReplayView {
  readonly state: 'running' | 'done' | 'stopped';
  readonly from: number;
  /** Not included. */
  readonly to: number;
  readonly readings: ReplayCounts;
  readonly windows: ReplayCounts;
  /** Why it waits, and what to do. */
  readonly problem?: string;
}

/** Expired: too old for the store. */
export interface ReplayCounts {
  readonly written: number;
  readonly refused: number;
  readonly expired: number;
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
  /** Written windows that are still to be written once more, in case an older state of them comes late. */
  readonly settling?: number;
  /** Devices that were renamed, merged or deleted, and which it has still to take over. */
  readonly changes?: {
    readonly waiting: number;
    /** Why it has not yet, and what to do. */
    readonly problem?: string;
  };
  /** Points that say how old each device's newest reading is, since the start; no reading among them. */
  readonly ages?: { readonly written: number; readonly missed: number };
  /** The newest of what was refused. */
  readonly refused: readonly { readonly time: number; readonly point: string; readonly reason: string }[];
}

/** A way by which alerts go out: queued = sent + pending + refused + dropped. */
export interface AlertChannelView {
  readonly channel: 'mqtt' | 'webhook';
  readonly queued: number;
  readonly sent: number;
  readonly pending: number;
  /** Declined for good by the receiver. */
  readonly refused: number;
  /** Too many waited: the oldest were given up. */
  readonly dropped: number;
  /** Why they wait, and what to do. */
  readonly problem?: string;
}

/** A client of the embedded broker, and its messages since the site's midnight. */
export interface ClientView {
  /** What it calls itself. */
  readonly id: string;
  /** Absent: it came without a name, as only this machine may unless it was allowed. */
  readonly user?: string;
  readonly role?: Role;
  /** When it came last. */
  readonly since: number;
  /** It is no longer there. */
  readonly left?: number;
  /** From it. */
  readonly in: number;
  /** To it. */
  readonly out: number;
}

export interface BrokerView {
  readonly kind: 'embedded' | 'external';
  readonly address: string;
  readonly connected: boolean;
  readonly since?: number;
  readonly clients?: number;
  /** Of the embedded broker: those that are there, then those that left last. */
  readonly clients_seen?: readonly ClientView[];
  /** Beyond the first hundred. */
  readonly clients_not_shown?: number;
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
  /** Readings of raw, windows of a tier; reckoned, like the bytes, a moment after somebody asked first. */
  readonly rows?: number;
  readonly bytes?: number;
  /** Time of the oldest. */
  readonly oldest?: number;
  /** Since when every device has its windows here, where that is not as long as the tier is kept. */
  readonly from?: number;
  /** Older windows are being made from what is still there. */
  readonly filling?: true;
}

export interface StorageView {
  readonly bytes: number;
  readonly bytes_max: number;
  /** What the disk has left. */
  readonly bytes_free?: number;
  /** Versions of the parts of the store. */
  readonly schema: { readonly [part: string]: number };
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
  /** Times that a bound was reached, by what it cost; those that never were are absent. */
  readonly bounds?: { readonly [bound: string]: number };
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

export interface TypeConflictView {
  readonly topic: string;
  readonly agent: string;
  readonly field: string;
  /** Of the first value, which is kept. */
  readonly type: 'number' | 'text' | 'yes_or_no' | 'list';
  /** The newest value that does not fit, as JSON, and when it came. */
  readonly value: string;
  readonly time: number;
  readonly count: number;
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
  /** Fields whose values changed their type: left out of their readings since, the newest first. */
  readonly type_conflicts: readonly TypeConflictView[];
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
  readonly alerts: readonly AlertChannelView[];
  readonly storage: StorageView;
  /** Of the process. */
  readonly memory_bytes: number;
  readonly pages: { readonly clients: number; readonly dropped: number; readonly refused: number };
}
