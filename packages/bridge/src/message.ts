// A message on its way into the log, and what the log makes of it.

import type { DeviceKind, Values } from '@wattline/protocols';

/** A message as the broker handed it over. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly receivedMs: number;
  /** Delivered because it was retained, not because it was just published. */
  readonly retained: boolean;
  /** The only agent its publisher may name as the reading's; empty: none. Absent: any. */
  readonly onlyAgent?: string;
}

/** Readings of one topic by one agent; `agent` is empty for programs that do not name themselves. */
export interface SeriesKey {
  readonly topic: string;
  readonly agent: string;
}

/** A reading as the log knows it: parsed, identified, placed in time. */
export interface StoredReading {
  /** Its place in the log: strictly growing, never used twice. */
  readonly position: number;
  readonly series: SeriesKey;
  /** Time of measuring; of arrival when the message has none. */
  readonly timeMs: number;
  readonly receivedMs: number;
  readonly clock: 'synced' | 'unsynced';
  /** Its clock was not set, and may be soon: `timeMs` is a guess, and the reading comes again at a later position. */
  readonly waits?: true;
  readonly kind: DeviceKind;
  readonly definition?: string;
  readonly model?: string;
  readonly intervalSeconds?: number;
  readonly site?: string;
  readonly values: Values;
}

/** What became of one message. Every message has exactly one verdict: the accounts add up by them. */
export type Verdict =
  | { readonly is: 'stored' }
  | { readonly is: 'duplicate' }
  /** Same identity, other payload: the first stays. */
  | { readonly is: 'conflict' }
  /** An agent's state or a command: kept as the newest of its topic, no reading. */
  | { readonly is: 'state' }
  /** Kept aside as it came, with the reason. */
  | { readonly is: 'aside'; readonly reason: AsideReason; readonly detail: string };

const asideReasons = [
  'not_json',
  'not_flat',
  'too_big',
  'far_future',
  'too_old',
  'unknown_shape',
  'retained_without_time',
  'foreign_agent',
  'other_types',
] as const;
export type AsideReason = (typeof asideReasons)[number];
