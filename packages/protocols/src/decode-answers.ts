// Captured answers of a device that must be asked, to the records in them. Which record an answer belongs to is told by
// the answer itself, by the request it was sent for, or by whoever captured it.

import { decodeAnswer, exchangeOfRecord, recordsAskedBy } from './asking.ts';
import type { Decoded, DeviceDefinition } from './device.ts';
import { type Exchange, ProtocolError, takeOrSkip } from './session.ts';

export interface Captured {
  readonly bytes: Uint8Array;
  readonly request?: Uint8Array;
  readonly record?: string;
}

/** What captured answers hold; `unclear`: nothing says to which question they belong. */
export type Answers =
  | { readonly readings: readonly Decoded[] }
  | { readonly ignored: string }
  | { readonly unclear: string };

/** @throws ProtocolError when there is no answer, or one that says no */
export function decodeAnswers(definition: DeviceDefinition, captured: Captured): Answers {
  const { bytes, request, record } = captured;
  const names = candidatesOf(definition, captured);
  if (names === undefined)
    return {
      unclear: `answers of ${definition.id} do not name their question: record or request is missing`,
    };
  const readings: Decoded[] = [];
  const damaged: string[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const next = firstAnswer(definition, names, request, rest, damaged);
    if (next === undefined) break;
    readings.push(next.decoded);
    rest = next.rest;
  }
  // A login's answer among others holds nothing; by itself it is what was asked for.
  const telling = readings.filter(({ values }) => Object.keys(values).length > 0);
  if (readings.length > 0) return { readings: telling.length > 0 ? telling : readings };
  const other = definition.ask?.exchangeOf?.(request);
  if (other !== undefined && record === undefined) {
    const { answer, damaged: broken } = takeOrSkip(other.take, bytes);
    if (answer !== undefined) return { ignored: 'a sound answer, of no record that holds values' };
    damaged.push(...broken);
  }
  const [damage] = damaged;
  if (damage !== undefined) throw new ProtocolError('corrupt', damage);
  throw new ProtocolError('silent', 'no whole answer in the bytes');
}

function candidatesOf(
  definition: DeviceDefinition,
  { record, request }: Captured,
): readonly string[] | undefined {
  if (record !== undefined) return [record];
  if (request !== undefined) return recordsAskedBy(definition, request);
  return definition.ask?.namesQuestion ? Object.keys(definition.records) : undefined;
}

/** The answer that ends first: each candidate steps over those of the others. */
function firstAnswer(
  definition: DeviceDefinition,
  names: readonly string[],
  request: Uint8Array | undefined,
  bytes: Uint8Array,
  damaged: string[],
): { readonly decoded: Decoded; readonly rest: Uint8Array } | undefined {
  let first: { readonly name: string; readonly answer: Uint8Array; readonly rest: Uint8Array } | undefined;
  for (const name of names) {
    const exchange = exchangeOf(definition, name, request);
    if (exchange === undefined) continue;
    const { answer, rest, damaged: broken } = takeOrSkip(exchange.take, bytes);
    damaged.push(...broken);
    if (answer === undefined || (first !== undefined && first.rest.length >= rest.length)) continue;
    first = { name, answer, rest };
  }
  if (first === undefined) return undefined;
  return { decoded: decodeAnswer(definition, first.name, first.answer), rest: first.rest };
}

function exchangeOf(
  { records }: DeviceDefinition,
  name: string,
  request: Uint8Array | undefined,
): Exchange | undefined {
  const record = records[name];
  return record === undefined ? undefined : exchangeOfRecord(record, request);
}
