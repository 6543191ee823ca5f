// Messages of the replaced programs on their way into the log, and again on their way out of it. The log keeps them as
// they came; what they mean is found each time by the same function. Which device a message is of may depend on the
// configuration and on other messages: that is decided once, when it comes, and kept beside it.

import {
  formatTopic,
  type Knowledge,
  type ParsedReading,
  parseReading,
  parseTopic,
  type Translated,
  type Translation,
  translateReplaced,
} from '@wattline/protocols';
import { createLocalTime } from './local-time.ts';

/** What the operator says of replaced programs. */
export interface ReplacedPrograms {
  /** FloMaetschke's devices by name, each with its type. */
  readonly victronDevices: ReadonlyMap<string, string>;
  /** Topics that carry the bare answer to QPIGS, each with the name of its inverter. */
  readonly qpigsTopics: ReadonlyMap<string, string>;
  /** Of the times that come without a zone. */
  readonly timeZone: string;
}

export interface Translator {
  /** `undefined`: a message of no replaced program. */
  translate(topic: string, payload: Uint8Array, text: string): Translation | undefined;
  /** The one inverter that is known of from before, if it is only one. */
  remember(axpertTopics: readonly string[]): void;
}

const axpert = /^voltronic\/axpert\//;

export const noReplacedPrograms: ReplacedPrograms = {
  victronDevices: new Map(),
  qpigsTopics: new Map(),
  timeZone: 'UTC',
};

export function createTranslator({ victronDevices, qpigsTopics, timeZone }: ReplacedPrograms): Translator {
  const localTimeMs = createLocalTime(timeZone);
  let axpertUnit: string | undefined;
  return {
    translate: (topic, payload, text) => {
      const known = { victronTypes: victronDevices, qpigsTopics, axpertUnit, localTimeMs };
      const translation = translateReplaced(topic, payload, text, known);
      if (translation !== undefined && 'record' in translation && translation.record === 'axpert-parallel')
        axpertUnit = translation.device.name;
      return translation;
    },
    remember: (topics) => {
      const units = topics.filter((topic) => axpert.test(topic));
      const [only] = units;
      if (only !== undefined && units.length === 1) axpertUnit ??= parseTopic(only)?.name;
    },
  };
}

/** A message that names neither definition nor sender: another program's. */
export const isForeign = (parsed: ParsedReading | string): boolean =>
  typeof parsed === 'string' || (parsed.definition === undefined && parsed.identity === undefined);

/** The topic of the series that a translated message belongs to, until somebody renames it. */
export const deviceTopicOf = ({ device }: Translated): string => formatTopic(device);

export const translatedReading = ({ kind, values, timeMs }: Translated): ParsedReading => ({
  values,
  kind,
  definition: 'legacy-mqtt',
  ...(timeMs === undefined ? {} : { timeMs }),
  ...(typeof values['model'] === 'string' ? { model: values['model'] } : {}),
});

/** A payload as text, without a second view of its bytes where it is a Buffer already. */
export const textOf = (payload: Uint8Array): string =>
  (Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  ).toString();

/** A message as the log keeps it. */
export interface KeptMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Of a translated message: the topic of the device that it was found to be of when it came. */
  readonly device?: string | undefined;
  /** Fields whose values were of another type than the field has (field-types.ts). */
  readonly leftOut?: readonly string[] | undefined;
}

/** What a message that the log has taken says. `undefined`: it is no reading by today's rules. */
export function readAgain({ topic, payload, device, leftOut }: KeptMessage): ParsedReading | undefined {
  const text = textOf(payload);
  if (device === undefined) {
    const parsed = parseReading(text);
    return typeof parsed === 'string' ? undefined : withoutFields(parsed, leftOut);
  }
  const translation = translateReplaced(topic, payload, text, knownBy(topic, device));
  return translation !== undefined && 'record' in translation ? translatedReading(translation) : undefined;
}

export function withoutFields(parsed: ParsedReading, names: readonly string[] | undefined): ParsedReading {
  if (names === undefined || names.length === 0) return parsed;
  const left = Object.entries(parsed.values).filter(([name]) => !names.includes(name));
  return { ...parsed, values: Object.fromEntries(left) };
}

/** What was known when the message came, as far as it mattered. */
function knownBy(topic: string, device: string): Knowledge {
  const { type = '', name = '' } = parseTopic(device) ?? {};
  const isAxpert = axpert.test(device);
  return {
    victronTypes: new Map(isAxpert ? [] : [[name, type]]),
    qpigsTopics: new Map(isAxpert ? [[topic, name]] : []),
    axpertUnit: isAxpert ? name : undefined,
    // The log knows the time.
    localTimeMs: () => undefined,
  };
}
