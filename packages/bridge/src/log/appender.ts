// What becomes of each message of a group, in one transaction: identity, time, place in the log.

import type { AgentState, Values } from '@wattline/protocols';
import { isDescribed, type Judgement, judge } from '../ingest/ingest.ts';
import { type Translator, withoutFields } from '../ingest/replaced.ts';
import type { AsideReason, Message, SeriesKey, StoredReading, Verdict } from '../message.ts';
import { explainForeign } from './foreign.ts';
import type { GroupRecord } from './group.ts';
import type { GroupBuilder } from './group-builder.ts';
import { covers, includes, insert, intervalCount, touches } from './intervals.ts';
import type { Parts } from './parts.ts';
import { earliestOf, judgeTime, learnBoot, placeInTime } from './placement.ts';
import { toReading } from './reading.ts';
import { keptDays, type Stream } from './streams.ts';
import type { UnsetBoot } from './waiting.ts';

export interface Appended {
  readonly verdicts: readonly Verdict[];
  readonly readings: readonly StoredReading[];
  readonly agentStates: readonly { readonly agent: string; readonly state: AgentState }[];
  readonly notices: readonly Notice[];
}

/** What the operator should know of a topic's readings, said once for each key. */
export interface Notice {
  readonly key: string;
  readonly text: string;
}

/** What the log appends with. */
export interface Appending {
  readonly parts: Parts;
  readonly builder: GroupBuilder;
  readonly translator: Translator;
  /** Whether this machine's clock can judge the times of others. */
  readonly synced: boolean;
  /** The messages were received before, and set aside. */
  readonly again?: {
    /** By which their times are judged. */
    readonly nowMs: number;
    /** Called in the transaction. */
    readonly settle: (verdicts: readonly Verdict[]) => void;
  };
}

type JudgedReading = Extract<Judgement, { is: 'reading' }>;

/** What one transaction gathers. */
interface Batch extends Appending {
  readonly readings: StoredReading[];
  readonly agentStates: { readonly agent: string; readonly state: AgentState }[];
  /** Readings with a sequence that are not on disk yet. */
  readonly accepted: { readonly stream: number; readonly sequence: number; readonly message: Message }[];
  readonly notices: Notice[];
}

/** A stream with more gaps than this goes on by digests, as messages without a stream do. */
const intervalsMax = 4_096;

const stored: Verdict = { is: 'stored' };
const duplicate: Verdict = { is: 'duplicate' };
const conflict: Verdict = { is: 'conflict' };
const state: Verdict = { is: 'state' };

export function appendMessages(appending: Appending, messages: readonly Message[]): Appended {
  const { parts, builder } = appending;
  const batch: Batch = { ...appending, readings: [], agentStates: [], accepted: [], notices: [] };
  try {
    const verdicts = parts.store.transaction(() => {
      const found = messages.map((message) => take(batch, message));
      appending.again?.settle(found);
      save(batch, found, messages.at(-1)?.receivedMs ?? 0);
      return found;
    });
    const { readings, agentStates, notices } = batch;
    return { verdicts, readings, agentStates, notices };
  } catch (error) {
    builder.reset();
    const { counts, streams, boots, series, asides, states, waiting, fieldTypes } = parts;
    for (const part of [counts, streams, boots, series, asides, states, waiting, fieldTypes]) part.reload();
    throw error;
  }
}

function save({ parts, builder, again }: Batch, verdicts: readonly Verdict[], nowMs: number): void {
  const { counts, streams, boots, series, waiting, fieldTypes } = parts;
  builder.flush();
  if (again === undefined) counts.add('received', verdicts.length);
  for (const { is } of verdicts) if (is !== 'aside') counts.add(is, 1);
  streams.save();
  boots.save(nowMs);
  waiting.save();
  series.save();
  fieldTypes.save();
  counts.save();
}

function take(batch: Batch, message: Message): Verdict {
  const judged = judge(message, batch.translator);
  const { states } = batch.parts;
  if (judged.is === 'reading') return takeReading(batch, message, judged);
  // What is older than what is known by now is not the newest of its topic.
  if (batch.again && judged.is !== 'aside' && isOutdated(batch, message)) return state;
  switch (judged.is) {
    case 'agent_state':
      if (!states.put(message)) return setAside(batch, message, 'unknown_shape', 'too many agents');
      states.setAgent(judged.agent, judged.state, message.receivedMs);
      if (judged.state) takeAgentState(batch, judged.agent, judged.state, message.receivedMs);
      return state;
    case 'topic_state':
      return states.put(message) ? state : setAside(batch, message, 'unknown_shape', 'too many topics');
    case 'aside':
      return judged.reason === 'retained_without_time'
        ? takeLastKnown(batch, message, judged)
        : setAside(batch, message, judged.reason, judged.detail);
  }
}

const isOutdated = ({ parts: { states } }: Batch, { topic, receivedMs }: Message): boolean =>
  (states.newest(topic)?.receivedMs ?? Number.NEGATIVE_INFINITY) >= receivedMs;

/** The broker delivers it again with every subscription: the same is counted, but kept once. */
function takeLastKnown(batch: Batch, message: Message, verdict: Extract<Verdict, { is: 'aside' }>): Verdict {
  const { states, counts } = batch.parts;
  if (batch.again) return verdict;
  const known = states.newest(message.topic);
  if (known === undefined || Buffer.compare(known.payload, message.payload) !== 0) {
    states.put(message);
    return setAside(batch, message, verdict.reason, verdict.detail);
  }
  counts.add(`aside:${verdict.reason}`, 1);
  return verdict;
}

function setAside({ parts, again }: Batch, message: Message, reason: AsideReason, detail: string): Verdict {
  if (again) return { is: 'aside', reason, detail };
  const dropped = parts.asides.add(message, reason, detail);
  parts.counts.add(`aside:${reason}`, 1);
  if (dropped > 0) parts.counts.add('bound:aside_dropped', dropped);
  return { is: 'aside', reason, detail };
}

function takeAgentState(batch: Batch, agent: string, agentState: AgentState, receivedMs: number): void {
  batch.agentStates.push({ agent, state: agentState });
  const { streams, counts } = batch.parts;
  for (const { stream: name, from, to } of agentState.evicted) {
    const stream = streams.find(agent, name);
    if (covers(stream.givenUp, from, to)) continue;
    if (intervalCount(stream.givenUp) >= intervalsMax) {
      counts.add('bound:given_up_unknown', to - from + 1);
      continue;
    }
    insert(stream.givenUp, from, to);
    streams.change(stream, receivedMs);
  }
}

function takeReading(batch: Batch, message: Message, judged: JudgedReading): Verdict {
  const { parsed, device } = judged;
  const { streams, boots, series, digests, counts } = batch.parts;
  const { identity } = parsed;
  const { onlyAgent } = message;
  if (onlyAgent !== undefined && onlyAgent !== (identity?.agent ?? '')) {
    return setAside(batch, message, 'foreign_agent', explainForeign(onlyAgent, identity?.agent));
  }
  const stream = identity && streams.find(identity.agent, identity.stream);
  if (identity && stream && includes(stream.seen, identity.sequence)) {
    streams.change(stream, message.receivedMs);
    return judgeRepeat(batch, message, stream, identity.sequence);
  }
  const place = placeInTime(parsed, message.receivedMs, batch.parts);
  const { timeMs } = place;
  if (batch.synced && !place.waiting) {
    const nowMs = batch.again?.nowMs ?? message.receivedMs;
    const believed = batch.again === undefined ? earliestOf(nowMs, identity !== undefined) : undefined;
    const untimely = judgeTime(timeMs, nowMs, believed);
    if (untimely !== undefined) return setAside(batch, message, untimely.reason, untimely.detail);
  }
  const named = series.find(device ?? message.topic, identity?.agent ?? '');
  if (named === undefined) return setAside(batch, message, 'unknown_shape', 'too many series');
  const leftOut = isDescribed(judged) ? undefined : leaveOut(batch, message, named.head, parsed.values);
  if (leftOut !== undefined && leftOut.length === Object.keys(parsed.values).length) {
    return setAside(batch, message, 'other_types', `every value is of another type than before: ${leftOut}`);
  }
  const sequence = stream && identity && hasRoom(stream, identity.sequence) ? identity.sequence : undefined;
  const digested = sequence === undefined && parsed.timeMs !== undefined;
  if (digested && !digests.add(timeMs, named.id, message.payload)) return duplicate;
  if (identity && sequence === undefined) counts.add('bound:sequence_by_digest', 1);
  if (stream && sequence !== undefined) {
    insert(stream.seen, sequence, sequence);
    stream.series = named.id;
    streams.change(stream, message.receivedMs);
    batch.accepted.push({ stream: stream.id, sequence, message });
  }
  learnBoot(parsed, boots);
  if (identity === undefined && batch.again === undefined) noteAge(batch, message, timeMs);
  store(batch, judged, named.key, place.waiting, {
    series: named.id,
    topic: message.topic,
    device,
    leftOut,
    receivedMs: message.receivedMs,
    timeMs,
    retained: message.retained,
    placed: place.placed,
    digested,
    waits: place.waiting !== undefined,
    stream: sequence === undefined ? 0 : (stream?.id ?? 0),
    sequence: sequence ?? 0,
    payload: message.payload,
  });
  return stored;
}

/** Who hands over the past by messages that name no sequence is told what the log cannot do for it. */
function noteAge(
  { parts: { counts }, notices, synced }: Batch,
  { topic, receivedMs }: Message,
  timeMs: number,
): void {
  if (!synced || timeMs >= earliestOf(receivedMs, true)) return;
  counts.add('bound:old_without_sequence', 1);
  const text = `${topic}: readings older than ${keptDays} days are stored at their times, as their program names no sequence. One that comes again is known only while the raw log holds it; handed over later, it counts twice.`;
  notices.push({ key: `${topic} old`, text });
}

/** Names of the values that are of another type than their field. `undefined`: none. */
function leaveOut(
  { parts: { fieldTypes, counts }, notices }: Batch,
  { topic, receivedMs }: Message,
  series: number,
  values: Values,
): readonly string[] | undefined {
  const misfits = fieldTypes.misfits(series, values, receivedMs);
  if (misfits.length === 0) return undefined;
  counts.add('bound:field_left_out', misfits.length);
  for (const { field, why, isNew } of misfits) {
    const text = `${topic}: the field "${field}" is left out of readings in which ${why}; /api/status shows the newest.`;
    if (isNew) notices.push({ key: `${topic} ${field}`, text });
  }
  return misfits.map(({ field }) => field);
}

const hasRoom = (stream: Stream, sequence: number): boolean =>
  intervalCount(stream.seen) < intervalsMax || touches(stream.seen, sequence);

/** @param waiting the boot that the reading waits for */
function store(
  { parts: { counts, series, waiting: unset }, builder, readings, notices }: Batch,
  { parsed, doubt }: JudgedReading,
  key: SeriesKey,
  waiting: UnsetBoot | undefined,
  record: GroupRecord,
): void {
  counts.add('head', 1);
  const position = counts.get('head');
  const reading = toReading(withoutFields(parsed, record.leftOut), position, key, record);
  readings.push(reading);
  if (waiting) unset.add(position, waiting);
  else series.add(record.series, reading, record.placed, record);
  if (doubt !== undefined) {
    const { topic } = record;
    counts.add('bound:doubted', 1);
    const text = `${topic}: the values may be wrong: ${doubt}. They are stored, and counted as doubted.`;
    notices.push({ key: topic, text });
  }
  builder.add(position, record);
}

/** The same again is harmless for ever; when the first is no longer held, it is taken for the same. */
function judgeRepeat(
  { parts, accepted }: Batch,
  message: Message,
  stream: Stream,
  sequence: number,
): Verdict {
  const here = accepted.findLast((other) => other.stream === stream.id && other.sequence === sequence);
  const original = here?.message ?? parts.groups.original(stream.id, sequence);
  if (original === undefined) return duplicate;
  const same = original.topic === message.topic && Buffer.compare(original.payload, message.payload) === 0;
  return same ? duplicate : conflict;
}
