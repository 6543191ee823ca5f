// The log on SQLite. Everything that a message changes is committed with it.

import type { AgentState } from '@wattline/protocols';
import type { Message, SeriesKey, StoredReading } from '../message.ts';
import type { Store } from '../store.ts';
import { createAppender } from './appender.ts';
import { type AsideMessage, openAsides } from './asides.ts';
import { openBoots } from './boots.ts';
import { openCounts } from './counts.ts';
import { openDigests } from './digests.ts';
import { createExpiry } from './expire.ts';
import { decodeGroup } from './group.ts';
import { openGroups } from './groups.ts';
import type { Log } from './log.ts';
import { readRecord } from './reading.ts';
import { openSeries } from './series-registry.ts';
import { openStreams } from './streams.ts';
import { openTopicStates } from './topic-states.ts';

export interface LogOptions {
  readonly store: Store;
  /** Whether this machine's clock is right: only then it judges times and ages. */
  readonly clockSynced: () => boolean;
  /** How long readings are held. */
  readonly rawMs: number;
  /** Size of the whole store, tiers included, at which the oldest readings go. */
  readonly bytesMax: number;
  /** For words to the operator. */
  readonly report: (text: string) => void;
}

export interface SqliteLog extends Log {
  /** The newest message of a topic that holds a state, a command, or a value of unknown age. */
  lastKnown(topic: string): Message | undefined;
  /** What was set aside, the newest first. */
  asides(limit: number): readonly AsideMessage[];
}

const missingMax = 1_000;

export function openLog({ store, clockSynced, rawMs, bytesMax, report }: LogOptions): SqliteLog {
  const { database } = store;
  const counts = openCounts(database);
  const streams = openStreams(database);
  const boots = openBoots(database);
  const series = openSeries(database);
  const groups = openGroups(database);
  const digests = openDigests(database);
  const asides = openAsides(database);
  const states = openTopicStates(database);
  const parts = { store, counts, streams, boots, series, groups, digests, asides, states };
  const append = createAppender(parts, clockSynced);
  const expire = createExpiry(parts, { clockSynced, rawMs, bytesMax, report });
  const storedListeners: ((readings: readonly StoredReading[]) => void)[] = [];
  const stateListeners: ((agent: string, state: AgentState) => void)[] = [];
  const head = (): number => counts.get('head');

  const decode = (last: number, bytes: Uint8Array): readonly StoredReading[] => {
    try {
      const records = decodeGroup(bytes);
      return records.flatMap((record, index) => {
        const key: SeriesKey = series.key(record.series) ?? { topic: record.topic, agent: '' };
        return readRecord(record, last - records.length + 1 + index, key) ?? [];
      });
    } catch (error) {
      report(
        `The store is damaged: readings up to position ${last} cannot be read (${String(error)}). They are passed over.`,
      );
      return [];
    }
  };

  return {
    append: (messages) => {
      const { verdicts, readings, agentStates } = append(messages);
      if (readings.length > 0) for (const listener of storedListeners) notify(() => listener(readings));
      for (const { agent, state } of agentStates) {
        for (const listener of stateListeners) notify(() => listener(agent, state));
      }
      return verdicts;
    },
    read: (after, limit) => {
      const readings: StoredReading[] = [];
      let position = after;
      while (readings.length < Math.max(1, limit)) {
        const group = groups.after(position);
        if (group === undefined) break;
        for (const reading of decode(group.last, group.bytes)) {
          if (reading.position > after) readings.push(reading);
        }
        position = group.last;
      }
      return readings;
    },
    head,
    tail: () => groups.tail() ?? head() + 1,
    onStored: (listener) => void storedListeners.push(listener),
    onAgentState: (listener) => void stateListeners.push(listener),
    series: () => series.all(),
    agents: () => states.agents(),
    accounts: () => ({
      received: counts.get('received'),
      stored: counts.get('stored'),
      duplicate: counts.get('duplicate'),
      conflict: counts.get('conflict'),
      state: counts.get('state'),
      aside: counts.under('aside:'),
      missing: streams.missing(missingMax).map(({ agent, stream, series: id, count }) => ({
        series: series.key(id) ?? { topic: '', agent },
        stream,
        count,
      })),
      expired: counts.get('expired'),
    }),
    expire,
    lastKnown: (topic) => states.newest(topic),
    asides: (limit) => asides.newest(limit),
    close: () => {
      storedListeners.length = 0;
      stateListeners.length = 0;
    },
  };
}

/** The messages are durable: a listener that fails is a bug of its own, and must not look like a disk that refused. */
function notify(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
