// What a rule for the messages of a replaced program is given and gives.

import type { RecordDefinition } from '../device.ts';
import type { Values } from '../field.ts';
import type { DeviceKind } from '../kinds.ts';
import type { ReadingTopic } from '../reading.ts';
import { decodeRecord } from '../record.ts';
import type { Entries } from './entries.ts';

export interface ForeignMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The payload as text. */
  readonly text: string;
  /** The payload as JSON; `undefined` when it is none. */
  readonly json: unknown;
}

/** What no message says of itself. */
export interface Knowledge {
  /** FloMaetschke's devices by name, each with the type that its own configuration gives it. */
  readonly victronTypes: ReadonlyMap<string, string>;
  /** Topics that carry the bare answer to QPIGS, each with the name of its device. */
  readonly qpigsTopics: ReadonlyMap<string, string>;
  /** Name of the unit last seen on power/axpert. */
  readonly axpertUnit: string | undefined;
  /** ms since 1970 of a time on the site's clock, `2023-04-15 12:00:05`; `undefined`: not a time. */
  readonly localTimeMs: (written: string) => number | undefined;
}

export interface Translated {
  /** A record of the vocabulary's family `legacy-mqtt`. */
  readonly record: string;
  readonly kind: DeviceKind;
  readonly device: ReadingTopic;
  readonly values: Values;
  /** Time of measuring; absent when the message has none. */
  readonly timeMs?: number;
  /** Why the values may be those of another kind of device. */
  readonly doubt?: string;
}

export type Translation =
  | Translated
  /** A message of that program which is no reading: its newest is kept. */
  | { readonly state: string }
  /** On a topic of that program, but not a message that it sends. */
  | { readonly unfit: string };

export interface Rule {
  readonly records: { readonly [record: string]: RecordDefinition<Entries> };
  readonly topic: RegExp;
  /** `undefined`: not of this program. @throws ProtocolError `corrupt` with the reason why it does not fit. */
  readonly translate: (message: ForeignMessage, known: Knowledge) => Translation | undefined;
}

/** The entries of a JSON object; `undefined` for anything else. */
export function entriesOf(json: unknown): Entries | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return new Map(Object.entries(json));
}

export const translated = (
  [record, definition]: readonly [string, RecordDefinition<Entries>],
  device: ReadingTopic,
  entries: Entries,
): Translated => ({ record, kind: definition.kind, device, values: decodeRecord(definition, entries) });

/** What can be a level of a topic and is no wildcard. */
export const isDeviceName = (name: string): boolean => /^[^/+#\p{Cc}\ufffd]{1,64}$/u.test(name);
