// What a message is, by its topic and bytes alone: a reading, an agent's state, a command, or something to set aside.

import {
  type AgentState,
  type DeviceKind,
  definitions,
  type ParsedReading,
  parseReading,
} from '@wattline/protocols';
import type { AsideReason, Message } from '../message.ts';
import { parseAgentState } from './agent-state.ts';
import { deviceTopicOf, isForeign, type Translator, textOf, translatedReading } from './replaced.ts';

export type Judgement =
  | {
      readonly is: 'reading';
      readonly parsed: ParsedReading;
      /** Of a translated message: the topic of the device that it is of. */
      readonly device?: string;
      /** Why the values may be wrong. */
      readonly doubt?: string;
    }
  /** `state` is absent when the message clears what was retained. */
  | { readonly is: 'agent_state'; readonly agent: string; readonly state?: AgentState }
  /** A command, or what another program says of itself: the newest of its topic is kept. */
  | { readonly is: 'topic_state' }
  | { readonly is: 'aside'; readonly reason: AsideReason; readonly detail: string };

/** A reading of the largest battery stack has a tenth of it. */
const payloadBytesMax = 256 * 1024;
export const topicBytesMax = 512;
const fieldsMax = 1_000;
/** The last millisecond that a store with nanoseconds since 1970 in 64 bits can hold, in the year 2262. */
const timeMsMax = 9_223_372_036_854;

export function judge({ topic, payload, retained }: Message, translator: Translator): Judgement {
  const fault = topicFault(topic);
  if (fault !== undefined) return aside('unknown_shape', fault);
  if (payload.length > payloadBytesMax) {
    return aside('too_big', `${payload.length} bytes came, at most ${payloadBytesMax} are read`);
  }
  const text = textOf(payload);
  if (topic.startsWith('wattline/')) return judgeAgentTopic(topic, text);
  const parsed = parseReading(text);
  // Nothing is asked of the rules for other programs' messages when a message says that it is ours.
  const translation = isForeign(parsed) ? translator.translate(topic, payload, text) : undefined;
  if (translation === undefined) return judgeReading(parsed, retained);
  if ('state' in translation) return { is: 'topic_state' };
  if ('unfit' in translation) return aside('unknown_shape', translation.unfit);
  const judged = judgeReading(translatedReading(translation), retained);
  if (judged.is !== 'reading') return judged;
  const { doubt } = translation;
  return { ...judged, device: deviceTopicOf(translation), ...(doubt === undefined ? {} : { doubt }) };
}

function judgeReading(parsed: ParsedReading | string, retained: boolean): Judgement {
  if (typeof parsed === 'string') return aside(reasonOf(parsed), parsed);
  let fields = 0;
  for (const _ in parsed.values) fields++;
  if (fields === 0) return aside('unknown_shape', 'no values in it');
  if (fields > fieldsMax)
    return aside('unknown_shape', `${fields} values came, at most ${fieldsMax} are read`);
  if (parsed.timeMs === undefined) {
    if (retained) {
      return aside(
        'retained_without_time',
        'retained by the broker and without _timestamp: its age is unknown',
      );
    }
  } else if (parsed.timeMs > timeMsMax) {
    return aside('far_future', `_timestamp ${parsed.timeMs} is beyond the year 2262`);
  } else if (parsed.timeMs < 0) {
    return aside('unknown_shape', `_timestamp ${parsed.timeMs} is before 1970`);
  }
  return { is: 'reading', parsed };
}

const agentTopic = /^wattline\/agent\/([^/]+)\/(state|stay_awake)$/;

/** What a message on a topic of `wattline/` is. */
export function judgeAgentTopic(topic: string, text: string): Judgement {
  const [, agent, what] = agentTopic.exec(topic) ?? [];
  if (agent === undefined) return aside('unknown_shape', 'no topic of wattline');
  if (what === 'stay_awake') return { is: 'topic_state' };
  if (text === '') return { is: 'agent_state', agent };
  const state = parseAgentState(text);
  if (typeof state !== 'string') return { is: 'agent_state', agent, state };
  return aside(reasonOf(state), state);
}

/** A device publishes on the same topic for ever: what was found of it is remembered. */
const topicFaults = new Map<string, string>();
const faultless = '';
const topicFaultsMax = 10_000;

function topicFault(topic: string): string | undefined {
  const known = topicFaults.get(topic);
  if (known !== undefined) return known === faultless ? undefined : known;
  if (topicFaults.size >= topicFaultsMax) topicFaults.clear();
  const fault = faultOfTopic(topic);
  if (topic.length <= topicBytesMax) topicFaults.set(topic, fault ?? faultless);
  return fault;
}

function faultOfTopic(topic: string): string | undefined {
  if (topic === '') return 'an empty topic';
  if (/[+#\p{Cc}\ufffd]/u.test(topic)) return 'a topic with a wildcard or a control character';
  const bytes = Buffer.byteLength(topic);
  return bytes > topicBytesMax ? `a topic of ${bytes} bytes, at most ${topicBytesMax} are read` : undefined;
}

const aside = (reason: AsideReason, detail: string): Judgement => ({ is: 'aside', reason, detail });

/** `parseReading` gives words for people; these two beginnings are all it says besides "not flat". */
function reasonOf(words: string): AsideReason {
  if (words === 'not JSON') return 'not_json';
  return words.startsWith('a field name') ? 'unknown_shape' : 'not_flat';
}

const kindOfDefinition = new Map<string, DeviceKind>();
for (const { id, records } of definitions) {
  const kinds = new Set(Object.values(records).map(({ kind }) => kind));
  const [kind] = kinds;
  if (kind !== undefined && kinds.size === 1) kindOfDefinition.set(id, kind);
}

const describedDefinitions = new Set(definitions.map(({ id }) => id));

/** Whether the types of its fields are known from a definition. */
export const isDescribed = ({
  parsed: { definition },
  device,
}: Extract<Judgement, { is: 'reading' }>): boolean =>
  device !== undefined || (definition !== undefined && describedDefinitions.has(definition));

/** As the message says; else of its definition, if all records of that are of one kind; else `other`. */
export const kindOf = ({ kind, definition }: ParsedReading): DeviceKind =>
  kind ?? (definition === undefined ? undefined : kindOfDefinition.get(definition)) ?? 'other';
