// What the other parts of the bridge may ask of the log. The log is the only truth: tiers, sinks and pages derive from it.

import type { AgentState } from '@wattline/protocols';
import type { Message, SeriesKey, StoredReading, Verdict } from '../message.ts';
import type { Tally } from './agent-totals.ts';
import type { RawHistory } from './raw.ts';
import type { SeriesSummary } from './series-registry.ts';
import type { AgentSummary } from './topic-states.ts';

export interface Log {
  /**
   * Stores a group in one transaction, synced before it returns: afterwards every message may be acknowledged.
   * Never throws for what is in a message; throws when the disk refuses.
   */
  append(messages: readonly Message[]): readonly Verdict[];
  /** Readings after a position, oldest first, at least one group and about `limit` at most; empty at the head. */
  read(after: number, limit: number): readonly StoredReading[];
  /** Position of the newest reading; 0 when there is none. */
  head(): number;
  /** Position of the oldest reading still held; what is behind it has expired. */
  tail(): number;
  readonly raw: RawHistory;
  /** Called after the commit with the readings of a group, parsed once for everybody. */
  onStored(listener: (readings: readonly StoredReading[]) => void): void;
  onAgentState(listener: (agent: string, state: AgentState) => void): void;
  /** Every series ever seen, with its newest reading, for as long as the store lives. */
  series(): readonly SeriesSummary[];
  agents(): readonly AgentSummary[];
  accounts(): Accounts;
  /** Drops what is older than retention or over the size; returns how many readings went. */
  expire(nowMs: number): number;
  /**
   * Gives readings whose clock was not set their time, once it is known or not waited for any more: each stands anew at
   * the head of the log. A bounded slice of them; `true`: there may be more.
   */
  settle(nowMs: number): boolean;
  close(): void;
}

/** received = stored + duplicate + conflict + state + aside, always. Counted since the store was made. */
export interface Accounts {
  readonly received: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly conflict: number;
  readonly state: number;
  readonly aside: { readonly [reason: string]: number };
  /** Sequences missing from the streams now, given up by the agent not counted. */
  readonly missing: readonly {
    readonly series: SeriesKey;
    readonly stream: string;
    readonly count: number;
  }[];
  /** What each agent must have read, and what came of it: counted = arrived + givenUp + missing. */
  readonly agents: readonly ({ readonly agent: string } & Tally)[];
  /** stored + moved = held + expired. */
  readonly held: number;
  readonly expired: number;
  /** Readings that got their time late, and with it a second place in the log. */
  readonly moved: number;
  /** How often a bound was reached: what it cost, and how many. Names: appender.ts, expire.ts, settle.ts. */
  readonly bounds?: { readonly [bound: string]: number };
}
