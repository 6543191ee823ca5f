// Asking a device without I/O: one poll of all its records, what becomes a reading of it, and what may be sent at all.

import type {
  Computed,
  Contact,
  Decoded,
  DeviceDefinition,
  PollContext,
  RecordDefinition,
  RequestForm,
} from './device.ts';
import type { Value, Values } from './field.ts';
import { decodeRecord } from './record.ts';
import { type Exchange, ProtocolError, type Session } from './session.ts';

/** What is remembered from one poll to the next on one connection; a new connection begins a new one. */
export interface Conversation {
  readonly contact: Contact;
  /** When a record was asked last, ms of the steady clock. */
  readonly askedMs: Map<string, number>;
  /** Records that have been answered. */
  readonly answered: Set<string>;
  /** How often a record was refused that has never been answered. */
  readonly refusals: Map<string, number>;
  /** Records that this device does not have: it stays silent, or keeps refusing. */
  readonly lacking: Set<string>;
  readonly settled: Set<string>;
  /** Values of records that are not asked each time, and the model. */
  readonly known: { [field: string]: Value };
}

export const openConversation = (contact: Contact): Conversation => ({
  contact,
  askedMs: new Map(),
  answered: new Set(),
  refusals: new Map(),
  lacking: new Set(),
  settled: new Set(),
  known: {},
});

/** Both clocks at the start of a poll, ms. */
export interface PollTime {
  readonly wallMs: number;
  readonly uptimeMs: number;
}

/** Waits for what the device may not have that one poll makes; the rest is tried in the next one. */
const silencesMax = 3;
/** A refusal may be due to a request that was damaged on its way; a second one is meant. */
const refusalsMax = 2;

/**
 * Asks every record that is due, one after the other, and merges them: one reading for each unit behind the link. A
 * record that the device refuses is left out; any other failure ends the poll.
 *
 * @throws ProtocolError `refused` when the device refused every record.
 */
export function* poll(
  definition: DeviceDefinition,
  conversation: Conversation,
  time: PollTime,
): Session<readonly Decoded[]> {
  const decoded: Decoded[] = [];
  let refusal: ProtocolError | undefined;
  let silences = 0;
  for (const [name, record] of Object.entries(definition.records)) {
    if (!isDue(name, record, conversation, time.uptimeMs)) continue;
    if (record.optional && silences === silencesMax && !conversation.answered.has(name)) continue;
    const known = Object.assign({}, conversation.known, ...decoded.map(({ values }) => values));
    try {
      const told = yield* askRecord(definition, name, {
        ...conversation.contact,
        known,
        wallMs: time.wallMs,
        settled: conversation.settled,
      });
      decoded.push(...told);
      conversation.answered.add(name);
      if (record.turn !== undefined) Object.assign(conversation.known, ...told.map(({ values }) => values));
      for (const { model, part } of told)
        if (model !== undefined && part === undefined) conversation.known['model'] = model;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (!canGoWithout(name, record, error, conversation)) throw error;
      if (error.code === 'refused') refusal ??= error;
      // Silent altogether is the device, not the record.
      else if (decoded.length === 0) throw error;
      else {
        silences++;
        conversation.lacking.add(name);
      }
    }
    conversation.askedMs.set(name, time.uptimeMs);
  }
  if (decoded.length === 0 && refusal !== undefined) throw refusal;
  return mergeDecoded(definition, decoded, conversation.known);
}

/**
 * What was part of the readings before is missed: sums without it would be wrong, so the poll fails instead. What the
 * device never had is left out, and asked no more once that is certain.
 */
function canGoWithout(
  name: string,
  { optional, turn }: RecordDefinition<never>,
  { code }: ProtocolError,
  { answered, refusals, lacking }: Conversation,
): boolean {
  if (answered.has(name)) return code === 'refused' && turn !== undefined;
  if (code !== 'refused') return code === 'silent' && optional === true;
  const times = (refusals.get(name) ?? 0) + 1;
  refusals.set(name, times);
  if (optional && times === refusalsMax) lacking.add(name);
  return true;
}

function isDue(
  name: string,
  { asked, askedOfParts, turn }: RecordDefinition<never>,
  { askedMs, lacking }: Conversation,
  uptimeMs: number,
): boolean {
  if ((asked ?? askedOfParts) === undefined || turn === 'never' || lacking.has(name)) return false;
  const lastMs = askedMs.get(name);
  if (lastMs === undefined || turn === undefined) return true;
  return turn !== 'once' && uptimeMs - lastMs >= turn.everyMs;
}

/** One record, of every unit that has it. */
export function* askRecord(
  definition: DeviceDefinition,
  name: string,
  context: PollContext,
): Session<readonly Decoded[]> {
  const record = definition.records[name];
  if (record === undefined) throw new Error(`${definition.id} has no record ${name}`);
  const { asked, askedOfParts } = record;
  if (askedOfParts !== undefined) {
    const parts = yield* askedOfParts(context);
    return parts.map(({ part, payload }) => ({
      ...decodePayload(definition, name, payload),
      ...(part === undefined ? {} : { part }),
    }));
  }
  if (asked === undefined) return [];
  if (typeof asked !== 'function') return [decodeAnswer(definition, name, yield asked)];
  const payload = yield* asked(context);
  return payload === undefined ? [] : [decodePayload(definition, name, payload)];
}

/** The answer to the request of a record. @throws ProtocolError `corrupt` when it cannot be one */
export function decodeAnswer(definition: DeviceDefinition, name: string, answer: Uint8Array): Decoded {
  return decodePayload(definition, name, definition.records[name]?.parse?.(answer) ?? answer);
}

function decodePayload(definition: DeviceDefinition, asked: string, payload: unknown): Decoded {
  // The payload is what the record's own `asked` or `parse` made, so it is of the type that its fields take.
  const records = definition.records as { readonly [name: string]: RecordDefinition<unknown> };
  const name = records[asked]?.recordOf?.(payload) ?? asked;
  const record = records[name];
  if (record === undefined) throw new Error(`${definition.id} has no record ${name}`);
  const values = decodeRecord(record, payload);
  const { model } = values;
  const { kind } = record;
  return typeof model === 'string' ? { record: name, kind, values, model } : { record: name, kind, values };
}

/**
 * All records of one poll as one reading of each unit; a record's `null` does not hide what another record knows. The
 * model stays known when its record is not asked again.
 */
function mergeDecoded(
  { ask }: DeviceDefinition,
  decoded: readonly Decoded[],
  known: Values,
): readonly Decoded[] {
  const units = Map.groupBy(decoded, ({ part }) => part);
  return [...units].flatMap(([part, records]) => {
    const [first] = records;
    if (first === undefined) return [];
    const values: Record<string, Value> = {};
    for (const { values: own } of records)
      for (const name in own) values[name] = own[name] ?? values[name] ?? null;
    compute(values, ask?.computed ?? []);
    const model = records.find((each) => each.model !== undefined)?.model ?? known['model'];
    return [
      {
        record: [...new Set(records.map(({ record }) => record))].join(' '),
        kind: first.kind,
        values,
        ...(typeof model === 'string' ? { model } : {}),
        ...(part === undefined ? {} : { part }),
      },
    ];
  });
}

function compute(values: Record<string, Value>, all: readonly Computed[]): void {
  for (const { field, from } of all) {
    const value = from(values);
    if (value !== undefined) values[field] = value;
  }
}

/** A link is asked nothing that its definition does not list: the forms of all requests, logins included. */
export function requestForms(definition: DeviceDefinition): readonly string[] {
  const records = Object.values(definition.records);
  return [
    ...records.flatMap(formsOfRecord),
    ...(definition.ask?.requests ?? []).map(({ form }) => form.toLowerCase()),
  ];
}

function formsOfRecord({ asked, requests = [] }: RecordDefinition<never>): readonly string[] {
  const own = asked === undefined || typeof asked === 'function' ? [] : [hexOf(asked.request)];
  return [...own, ...requests.map(({ form }) => form.toLowerCase())];
}

export const fitsForm = (request: Uint8Array, forms: readonly string[]): boolean => {
  const hex = hexOf(request);
  return forms.some((form) => form.length === hex.length && fits(hex, form));
};

function fits(hex: string, form: string): boolean {
  for (let index = 0; index < hex.length; index++)
    if (form[index] !== '.' && form[index] !== hex[index]) return false;
  return true;
}

/** What may be written down of a request, its secret blotted out; `undefined`: all of it. */
export function redactRequest(definition: DeviceDefinition, request: Uint8Array): Uint8Array | undefined {
  const all = [...Object.values(definition.records), definition.ask ?? {}].flatMap(
    ({ requests = [] }: { readonly requests?: readonly RequestForm[] }) => requests,
  );
  const form = all.find((each) => each.secret && fitsForm(request, [each.form.toLowerCase()]))?.form;
  if (form === undefined) return undefined;
  return request.map((byte, index) => (form.slice(2 * index, 2 * index + 2).includes('.') ? 0 : byte));
}

/** The records that a captured request asks for. */
export const recordsAskedBy = (definition: DeviceDefinition, request: Uint8Array): readonly string[] =>
  Object.entries(definition.records)
    .filter(([, record]) => record.isAskedBy?.(request) || fitsForm(request, formsOfRecord(record)))
    .map(([name]) => name);

/** The exchange by which a captured answer of a record is recognised. */
export function exchangeOfRecord(
  record: RecordDefinition<never>,
  request: Uint8Array | undefined,
): Exchange | undefined {
  if (record.answers !== undefined) return record.answers(request);
  return typeof record.asked === 'function' ? undefined : record.asked;
}

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
