// The log on SQLite. Everything that a message changes is committed with it.

import type { AgentState } from '@wattline/protocols';
import { createTranslator, noReplacedPrograms, type ReplacedPrograms } from '../ingest/replaced.ts';
import type { Message, SeriesKey, StoredReading } from '../message.ts';
import type { Store } from '../store.ts';
import { type Appended, appendMessages, type Notice } from './appender.ts';
import type { AsideMessage } from './asides.ts';
import { createExpiry } from './expire.ts';
import type { TypeConflict } from './field-types.ts';
import { decodeGroup } from './group.ts';
import { createGroupBuilder } from './group-builder.ts';
import type { HeldGroup } from './groups.ts';
import type { Accounts, Log } from './log.ts';
import { openParts, type Parts } from './parts.ts';
import { openRawHistory } from './raw.ts';
import { readRecord } from './reading.ts';
import { type ReadmittedSlice, readmitSlice } from './readmit.ts';
import { patienceMs, settleWaiting } from './settle.ts';

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
  readonly replacedPrograms?: ReplacedPrograms;
}

export interface SqliteLog extends Log {
  /** The newest message of a topic that holds a state, a command, or a value of unknown age. */
  lastKnown(topic: string): Message | undefined;
  /** What was set aside, the newest first. */
  asides(limit: number): readonly AsideMessage[];
  /** Offers a slice of what was set aside behind an id again (readmit.ts); `undefined`: there is none. */
  readmit(afterId: number, nowMs: number): ReadmittedSlice | undefined;
  /** Fields with values that were left out, the newest first. */
  typeConflicts(limit: number): readonly (TypeConflict & { readonly key: SeriesKey })[];
  /** Series were renamed, joined or removed in the store. */
  reloadSeries(): void;
}

const missingMax = 1_000;

export function openLog(options: LogOptions): SqliteLog {
  const { store, clockSynced, report } = options;
  const parts = openParts(store);
  const { counts, groups, series, states } = parts;
  const builder = createGroupBuilder(groups);
  const translator = createTranslator(options.replacedPrograms ?? noReplacedPrograms);
  translator.remember(series.all().map(({ key }) => key.topic));
  const say = createNotices(report);
  const storedListeners: ((readings: readonly StoredReading[]) => void)[] = [];
  const stateListeners: ((agent: string, state: AgentState) => void)[] = [];
  const head = (): number => counts.get('head');
  const tellStored = (readings: readonly StoredReading[]): void => {
    if (readings.length > 0) for (const listener of storedListeners) notify(() => listener(readings));
  };
  let wasSynced = clockSynced();
  let patientUntilMs = Number.NEGATIVE_INFINITY;
  const appending = () => ({ parts, builder, translator, synced: clockSynced() });
  const tell = ({ readings, agentStates, notices }: Omit<Appended, 'verdicts'>): void => {
    for (const notice of notices) say(notice);
    tellStored(readings);
    for (const { agent, state } of agentStates) {
      for (const listener of stateListeners) notify(() => listener(agent, state));
    }
  };
  return {
    append: (messages) => {
      const appended = appendMessages(appending(), messages);
      tell(appended);
      return appended.verdicts;
    },
    readmit: (afterId, nowMs) => {
      const found = readmitSlice(appending(), afterId, nowMs);
      if (found === undefined) return undefined;
      tell(found.appended);
      return found.slice;
    },
    read: (after, limit) => readAfter(parts, report, after, limit),
    head,
    tail: () => groups.tail() ?? head() + 1,
    raw: openRawHistory(store.database),
    onStored: (listener) => void storedListeners.push(listener),
    onAgentState: (listener) => void stateListeners.push(listener),
    series: () => series.all(),
    agents: () => states.agents(),
    accounts: () => accountsOf(parts),
    expire: createExpiry(parts, options),
    settle: (nowMs) => {
      const isSynced = clockSynced();
      // An agent beside this bridge has the same clock: its first reading by the clock that is set now comes soon.
      if (isSynced && !wasSynced) patientUntilMs = nowMs + patienceMs;
      wasSynced = isSynced;
      const settled = settleWaiting(parts, builder, { nowMs, patientUntilMs, rawMs: options.rawMs });
      if (settled !== undefined) tell({ ...settled, agentStates: [] });
      return settled !== undefined;
    },
    lastKnown: (topic) => states.newest(topic),
    asides: (limit) => parts.asides.newest(limit),
    typeConflicts: (limit) =>
      parts.fieldTypes.conflicts(limit).flatMap((conflict) => {
        const key = series.key(conflict.series);
        return key === undefined ? [] : [{ ...conflict, key }];
      }),
    reloadSeries: () => {
      series.reload();
      parts.fieldTypes.reload();
    },
    close: () => {
      storedListeners.length = 0;
      stateListeners.length = 0;
    },
  };
}

/** Each once. */
function createNotices(report: (text: string) => void) {
  const saidMax = 1_000;
  const said = new Set<string>();
  return ({ key, text }: Notice): void => {
    if (said.has(key) || said.size >= saidMax) return;
    said.add(key);
    report(text);
  };
}

function accountsOf({ counts, streams, series, groups }: Parts): Accounts {
  const head = counts.get('head');
  return {
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
    agents: streams.totals(),
    held: head + 1 - (groups.tail() ?? head + 1),
    expired: counts.get('expired'),
    moved: counts.get('moved'),
    bounds: counts.under('bound:'),
  };
}

function readAfter(
  parts: Parts,
  report: (text: string) => void,
  after: number,
  limit: number,
): readonly StoredReading[] {
  const readings: StoredReading[] = [];
  for (let position = after; readings.length < Math.max(1, limit); ) {
    const group = parts.groups.after(position);
    if (group === undefined) break;
    for (const reading of readGroup(parts, report, group)) {
      if (reading.position > after) readings.push(reading);
    }
    position = group.last;
  }
  return readings;
}

function readGroup(
  { series }: Parts,
  report: (text: string) => void,
  { last, bytes }: HeldGroup,
): StoredReading[] {
  try {
    const records = decodeGroup(bytes);
    const first = last - records.length + 1;
    return records.flatMap((record, index) => {
      if (series.isGone(record.series)) return [];
      const key = series.key(record.series) ?? { topic: record.topic, agent: '' };
      return readRecord(record, first + index, key) ?? [];
    });
  } catch (error) {
    report(
      `The store is damaged: readings up to position ${last} cannot be read and are passed over (${String(error)}).`,
    );
    return [];
  }
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
