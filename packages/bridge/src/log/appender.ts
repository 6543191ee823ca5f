// What becomes of each message of a group, in one transaction: identity, time, place in the log.

import type { AgentState, ParsedReading } from '@wattline/protocols';
import { judge } from '../ingest/ingest.ts';
import type { AsideReason, Message, StoredReading, Verdict } from '../message.ts';
import type { Store } from '../store.ts';
import type { Asides } from './asides.ts';
import type { Boots } from './boots.ts';
import type { Counts } from './counts.ts';
import type { Digests } from './digests.ts';
import { createGroupWriter } from './group.ts';
import type { Groups } from './groups.ts';
import { covers, type Intervals, includes, insert, intervalCount, touches } from './intervals.ts';
import { toReading } from './reading.ts';
import type { SeriesRegistry } from './series-registry.ts';
import type { Stream, Streams } from './streams.ts';
import type { TopicStates } from './topic-states.ts';

/** The parts of the log that a message may change. */
export interface Parts {
  readonly store: Store;
  readonly counts: Counts;
  readonly streams: Streams;
  readonly boots: Boots;
  readonly series: SeriesRegistry;
  readonly groups: Groups;
  readonly digests: Digests;
  readonly asides: Asides;
  readonly states: TopicStates;
}

export interface Appended {
  readonly verdicts: readonly Verdict[];
  readonly readings: readonly StoredReading[];
  readonly agentStates: readonly { readonly agent: string; readonly state: AgentState }[];
}

/** A time further ahead than this of a clock that is right is wrong. */
const futureMs = 5 * 60_000;
const groupCountMax = 1_000;
const groupBytesMax = 1024 * 1024;
/** A stream with more gaps than this goes on by digests, as messages without a stream do. */
const intervalsMax = 4_096;

const stored: Verdict = { is: 'stored' };
const duplicate: Verdict = { is: 'duplicate' };
const conflict: Verdict = { is: 'conflict' };
const state: Verdict = { is: 'state' };

export function createAppender(
  parts: Parts,
  clockSynced: () => boolean,
): (messages: readonly Message[]) => Appended {
  const { store, counts, streams, boots, series, groups, digests, asides, states } = parts;
  const writer = createGroupWriter();

  let synced = false;
  let readings: StoredReading[] = [];
  let agentStates: { agent: string; state: AgentState }[] = [];
  let accepted: { readonly stream: number; readonly sequence: number; readonly message: Message }[] = [];
  let group = emptyGroup();

  const start = (): void => {
    synced = clockSynced();
    readings = [];
    agentStates = [];
    accepted = [];
    group = emptyGroup();
    if (writer.count > 0) writer.take();
  };

  const setAside = (message: Message, reason: AsideReason, detail: string): Verdict => {
    const dropped = asides.add(message, reason, detail);
    counts.add(`aside:${reason}`, 1);
    if (dropped > 0) counts.add('aside_dropped', dropped);
    return { is: 'aside', reason, detail };
  };

  const take = (message: Message): Verdict => {
    const judged = judge(message);
    switch (judged.is) {
      case 'reading':
        return takeReading(message, judged.parsed);
      case 'agent_state':
        if (!states.put(message)) return setAside(message, 'unknown_shape', 'too many agents');
        states.setAgent(judged.agent, judged.state, message.receivedMs);
        if (judged.state !== undefined) takeAgentState(judged.agent, judged.state, message.receivedMs);
        return state;
      case 'command':
        return states.put(message) ? state : setAside(message, 'unknown_shape', 'too many agents');
      case 'aside':
        if (judged.reason === 'retained_without_time') states.put(message);
        return setAside(message, judged.reason, judged.detail);
    }
  };

  const takeAgentState = (agent: string, agentState: AgentState, receivedMs: number): void => {
    agentStates.push({ agent, state: agentState });
    for (const { stream: name, from, to } of agentState.evicted) {
      const stream = streams.find(agent, name);
      if (covers(stream.givenUp, from, to)) continue;
      if (intervalCount(stream.givenUp) >= intervalsMax) continue;
      insert(stream.givenUp, from, to);
      streams.change(stream, receivedMs);
    }
  };

  const takeReading = (message: Message, parsed: ParsedReading): Verdict => {
    const { identity } = parsed;
    const stream = identity && streams.find(identity.agent, identity.stream);
    if (identity && stream && includes(stream.seen, identity.sequence)) {
      streams.change(stream, message.receivedMs);
      return repeated(message, stream, identity.sequence);
    }
    const { timeMs, placed } = place(message, parsed);
    if (synced && timeMs > message.receivedMs + futureMs) {
      const ahead = Math.round((timeMs - message.receivedMs) / 1000);
      return setAside(message, 'far_future', `its time is ${ahead} s ahead of this machine's clock`);
    }
    const named = series.find(message.topic, identity?.agent ?? '');
    if (named === undefined) return setAside(message, 'unknown_shape', 'too many series');
    const full = stream && intervalCount(stream.seen) >= intervalsMax;
    const counted = identity && stream && !(full && !touches(stream.seen, identity.sequence));
    const digested = !counted && parsed.timeMs !== undefined;
    if (digested && !digests.add(timeMs, named.id, message.payload)) return duplicate;
    if (counted) {
      insert(stream.seen, identity.sequence, identity.sequence);
      stream.series = named.id;
      streams.change(stream, message.receivedMs);
      accepted.push({ stream: stream.id, sequence: identity.sequence, message });
    }
    learnBoot(parsed);
    const reading = toReading(parsed, {
      position: counts.get('head') + 1,
      series: named.key,
      timeMs,
      receivedMs: message.receivedMs,
      placed,
    });
    counts.add('head', 1);
    readings.push(reading);
    series.add(named.id, reading, placed, message.payload);
    addToGroup(message, reading, {
      series: named.id,
      placed,
      digested,
      stream: counted ? stream.id : 0,
      sequence: counted ? identity.sequence : 0,
    });
    return stored;
  };

  const repeated = (message: Message, stream: Stream, sequence: number): Verdict => {
    const inGroup = accepted.findLast((other) => other.stream === stream.id && other.sequence === sequence);
    const original = inGroup?.message ?? groups.original(stream.id, sequence);
    if (original === undefined) return duplicate;
    const same = original.topic === message.topic && Buffer.compare(original.payload, message.payload) === 0;
    return same ? duplicate : conflict;
  };

  const place = (message: Message, parsed: ParsedReading): { timeMs: number; placed: boolean } => {
    const { clock, identity, boot, uptimeMs } = parsed;
    if (clock === 'unsynced' && identity && boot !== undefined && uptimeMs !== undefined) {
      const bootedMs = boots.bootedMs(identity.agent, boot);
      const timeMs = bootedMs === undefined ? undefined : bootedMs + uptimeMs;
      if (timeMs !== undefined && timeMs >= 0) return { timeMs, placed: true };
    }
    return { timeMs: parsed.timeMs ?? message.receivedMs, placed: false };
  };

  const learnBoot = ({ clock, identity, boot, timeMs, uptimeMs }: ParsedReading): void => {
    if (clock !== 'synced' || !identity || boot === undefined) return;
    if (timeMs !== undefined && uptimeMs !== undefined) boots.learn(identity.agent, boot, timeMs, uptimeMs);
  };

  const addToGroup = (
    message: Message,
    { position, timeMs }: StoredReading,
    known: { series: number; placed: boolean; digested: boolean; stream: number; sequence: number },
  ): void => {
    const { topic, payload, receivedMs, retained } = message;
    writer.add({ ...known, topic, payload, receivedMs, retained, timeMs });
    group.last = position;
    group.receivedMs = Math.max(group.receivedMs, receivedMs);
    group.timeMinMs = Math.min(group.timeMinMs, timeMs);
    group.timeMaxMs = Math.max(group.timeMaxMs, timeMs);
    group.series.add(known.series);
    if (known.stream !== 0) {
      let run = group.runs.get(known.stream);
      if (run === undefined) {
        run = [];
        group.runs.set(known.stream, run);
      }
      insert(run, known.sequence, known.sequence);
    }
    if (writer.count >= groupCountMax || writer.bytes >= groupBytesMax) writeGroup();
  };

  const writeGroup = (): void => {
    if (writer.count === 0) return;
    groups.insert({ ...group, count: writer.count }, writer.take());
    group = emptyGroup();
  };

  const save = (verdicts: readonly Verdict[], receivedMs: number): void => {
    writeGroup();
    counts.add('received', verdicts.length);
    for (const { is } of verdicts) if (is !== 'aside') counts.add(is, 1);
    streams.save();
    boots.save(receivedMs);
    series.save();
    counts.save();
  };

  return (messages) => {
    start();
    try {
      const verdicts = store.transaction(() => {
        const found = messages.map(take);
        save(found, messages.at(-1)?.receivedMs ?? 0);
        return found;
      });
      return { verdicts, readings, agentStates };
    } catch (error) {
      for (const part of [counts, streams, boots, series, groups, asides, states]) part.reload();
      throw error;
    }
  };
}

const emptyGroup = () => ({
  last: 0,
  receivedMs: 0,
  timeMinMs: Number.POSITIVE_INFINITY,
  timeMaxMs: Number.NEGATIVE_INFINITY,
  series: new Set<number>(),
  runs: new Map<number, Intervals>(),
});
