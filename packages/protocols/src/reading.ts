// The wire contract of agent and bridge: one reading as flat JSON, metadata under a leading underscore.

import type { Value, Values } from './field.ts';
import { type DeviceKind, isDeviceKind } from './kinds.ts';

/** One measurement of one device, and everything that must not be lost about it on its way. */
export interface Reading {
  /** Time of measuring, ms since 1970 by the agent's clock. */
  readonly timeMs: number;
  /** `unsynced`: the clock had not been set since boot; the time can be placed later by `boot` and `uptimeMs`. */
  readonly clock: 'synced' | 'unsynced';
  /** Random per boot of the agent's machine. */
  readonly boot: string;
  /** Monotonic time of measuring, ms since that boot. */
  readonly uptimeMs: number;
  readonly agent: string;
  /** Random per start of the agent; with `sequence` the identity of the reading, for ever. */
  readonly stream: string;
  /** Counts the readings of a stream from 0. */
  readonly sequence: number;
  /** Family of the vocabulary. */
  readonly definition: string;
  readonly kind: DeviceKind;
  readonly model?: string;
  /** Seconds between readings as planned. */
  readonly intervalSeconds: number;
  readonly site?: string;
  readonly values: Values;
}

/** First, second and third level of a reading's topic. */
export interface ReadingTopic {
  readonly vendor: string;
  readonly type: string;
  readonly name: string;
}

/** First topic levels of the agents' readings. */
export const vendorWords = [
  'victron',
  'jbd',
  'litime',
  'renogy',
  'srne',
  'voltronic',
  'bluetti',
  'jk',
  'daly',
  'vatrer',
  'ant',
  'can',
] as const;
export type VendorWord = (typeof vendorWords)[number];

/** What a device and an agent may be called. */
export const namePattern = /^[A-Za-z0-9_.-]{1,64}$/;

export const formatTopic = ({ vendor, type, name }: ReadingTopic): string => `${vendor}/${type}/${name}`;

export function parseTopic(topic: string): ReadingTopic | undefined {
  const [vendor, type, name, more] = topic.split('/');
  if (!vendor || !type || !name || more !== undefined) return undefined;
  return { vendor, type, name };
}

/** The payload of a reading, as published. */
export function writeReading(reading: Reading): string {
  return JSON.stringify({
    ...reading.values,
    _timestamp: reading.timeMs,
    _clock: reading.clock,
    _boot: reading.boot,
    _uptime_ms: reading.uptimeMs,
    _agent: reading.agent,
    _stream: reading.stream,
    _seq: reading.sequence,
    _definition: reading.definition,
    _kind: reading.kind,
    ...(reading.model === undefined ? {} : { _model: reading.model }),
    _interval: reading.intervalSeconds,
    ...(reading.site === undefined ? {} : { _site: reading.site }),
  });
}

/** A flat message from outside: its metadata as far as it is sound, everything else as values. */
export interface ParsedReading {
  readonly values: { readonly [field: string]: Value };
  readonly timeMs?: number;
  readonly clock?: 'synced' | 'unsynced';
  readonly boot?: string;
  readonly uptimeMs?: number;
  /** Present only when agent, stream and sequence all are. */
  readonly identity?: { readonly agent: string; readonly stream: string; readonly sequence: number };
  readonly definition?: string;
  readonly kind?: DeviceKind;
  readonly model?: string;
  readonly intervalSeconds?: number;
  readonly site?: string;
}

/** Longest name of a field that is stored. */
const fieldNameLengthMax = 128;

/**
 * Reads a message of any agent, ours or another program's that publishes flat JSON.
 * A string instead of a reading is the reason why it is none, for the person who looks at what was set aside.
 */
export function parseReading(payload: string): ParsedReading | string {
  let message: unknown;
  try {
    message = JSON.parse(payload);
  } catch {
    return 'not JSON';
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return 'not a JSON object';
  // A map: names come from outside, and `__proto__` is one.
  const meta = new Map<string, unknown>();
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(message)) {
    if (name.startsWith('_')) {
      meta.set(name, value);
    } else if (name.length === 0 || name.length > fieldNameLengthMax) {
      return `a field name of ${name.length} characters`;
    } else if (isValue(value)) {
      values[name] = value;
    } else {
      return `not flat: the field "${name}" is ${describeOther(value)}`;
    }
  }
  const parsed: Parsing = { values };
  putMetadata(parsed, meta);
  return parsed;
}

type Parsing = { -readonly [Key in keyof ParsedReading]: ParsedReading[Key] };

/** What is not sound is left out: the values are worth more than their metadata. */
function putMetadata(parsed: Parsing, meta: ReadonlyMap<string, unknown>): void {
  const put = <Key extends keyof Parsing>(key: Key, value: Parsing[Key] | undefined): void => {
    if (value !== undefined) parsed[key] = value;
  };
  const clock = meta.get('_clock');
  const agent = text(meta.get('_agent'));
  const stream = text(meta.get('_stream'));
  const sequence = meta.get('_seq');
  const kind = text(meta.get('_kind'));
  put('timeMs', integer(meta.get('_timestamp')));
  if (clock === 'synced' || clock === 'unsynced') parsed.clock = clock;
  put('boot', text(meta.get('_boot')));
  put('uptimeMs', integer(meta.get('_uptime_ms')));
  if (agent !== undefined && stream !== undefined && isSequence(sequence))
    parsed.identity = { agent, stream, sequence };
  put('definition', text(meta.get('_definition')));
  if (kind !== undefined && isDeviceKind(kind)) parsed.kind = kind;
  put('model', text(meta.get('_model')));
  put('intervalSeconds', positive(meta.get('_interval')));
  put('site', text(meta.get('_site')));
}

function isValue(value: unknown): value is Value {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/** What stands where a value is expected. */
function describeOther(value: unknown): string {
  if (typeof value === 'number') return 'a number beyond the range of 64-bit floating point';
  return Array.isArray(value) ? 'a list of other than texts' : 'an object';
}

const integer = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? Math.round(value) : undefined;
const positive = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const isSequence = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** Agent state, retained at `wattline/agent/<agent>/state`. */
export interface AgentState {
  readonly state: 'online' | 'sleeping' | 'offline';
  readonly version: string;
  /** ms since 1970. */
  readonly timeMs: number;
  /** When the agent is due again, while it sleeps. */
  readonly nextDueMs?: number;
  /** Absent in a will, which was written before anything waited. */
  readonly outbox?: { readonly readings: number; readonly bytes: number; readonly oldestMs?: number };
  /** Readings given up for want of room or by age: ranges of sequences a stream will never deliver. */
  readonly evicted: readonly { readonly stream: string; readonly from: number; readonly to: number }[];
  readonly devices: readonly {
    readonly name: string;
    readonly topic: string;
    readonly intervalSeconds: number;
    readonly lastReadMs?: number;
    readonly rssi?: number;
    readonly problem?: string;
  }[];
  /** What is heard but not configured. */
  readonly inReach?: readonly { readonly address: string; readonly model: string; readonly rssi?: number }[];
}

export const agentStateTopic = (agent: string): string => `wattline/agent/${agent}/state`;
export const stayAwakeTopic = (agent: string): string => `wattline/agent/${agent}/stay_awake`;
