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
  const values: Record<string, Value> = {};
  const parsed: Parsing = { values };
  const identity: { agent?: string; stream?: string; sequence?: number } = {};
  const fields = message as { readonly [name: string]: unknown };
  for (const name in fields) {
    const value = fields[name];
    // Also `__proto__`, so that it is no name of a value.
    if (name.charCodeAt(0) === underscore) putMetadata(parsed, identity, name, value);
    else if (name.length === 0 || name.length > fieldNameLengthMax) {
      return `a field name of ${name.length} characters`;
    } else if (isValue(value)) {
      values[name] = value;
    } else {
      return `not flat: the field "${name}" is ${describeOther(value)}`;
    }
  }
  const { agent, stream, sequence } = identity;
  if (agent !== undefined && stream !== undefined && sequence !== undefined)
    parsed.identity = { agent, stream, sequence };
  return parsed;
}

const underscore = 0x5f;

type Parsing = { -readonly [Key in keyof ParsedReading]: ParsedReading[Key] };

/** What is not sound is left out: the values are worth more than their metadata. */
function putMetadata(
  parsed: Parsing,
  identity: { agent?: string; stream?: string; sequence?: number },
  name: string,
  value: unknown,
): void {
  switch (name) {
    case '_timestamp':
      if (isFiniteNumber(value)) parsed.timeMs = Math.round(value);
      break;
    case '_clock':
      if (value === 'synced' || value === 'unsynced') parsed.clock = value;
      break;
    case '_boot':
      if (typeof value === 'string') parsed.boot = value;
      break;
    case '_uptime_ms':
      if (isFiniteNumber(value)) parsed.uptimeMs = Math.round(value);
      break;
    case '_agent':
      if (typeof value === 'string') identity.agent = value;
      break;
    case '_stream':
      if (typeof value === 'string') identity.stream = value;
      break;
    case '_seq':
      if (isSequence(value)) identity.sequence = value;
      break;
    case '_definition':
      if (typeof value === 'string') parsed.definition = value;
      break;
    case '_kind':
      if (typeof value === 'string' && isDeviceKind(value)) parsed.kind = value;
      break;
    case '_model':
      if (typeof value === 'string') parsed.model = value;
      break;
    case '_interval':
      if (isFiniteNumber(value) && value > 0) parsed.intervalSeconds = value;
      break;
    case '_site':
      if (typeof value === 'string') parsed.site = value;
      break;
  }
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

const isFiniteNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);
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
  /**
   * Since the agent started: taken = confirmed + waiting + givenUp + lost. Taken are what its devices told since then
   * and what waited before. Absent in a will, and of agents that do not count.
   */
  readonly readings?: {
    readonly taken: number;
    readonly confirmed: number;
    readonly waiting: number;
    readonly givenUp: number;
    readonly lost: number;
  };
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
/** Lets go of the devices that are connected to by Bluetooth. */
export const releaseTopic = (agent: string): string => `wattline/agent/${agent}/release`;
