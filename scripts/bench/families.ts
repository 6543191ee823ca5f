// Decoding the vectors of each family on one core: from the bytes as received to every field and what is computed.

import {
  type DeviceDefinition,
  decodeAnswer,
  definitions,
  exchangeOfRecord,
  formatUsbCanA,
  takeOrSkip,
  takeUsbCanA,
  victronCompany,
} from '../../packages/protocols/src/index.ts';
import { bytesOf, type Vector, vectorsOf, wholeOf } from '../../packages/protocols/test/vectors.ts';
import type { Measurement } from './measurement.ts';
import { ratePerSecond } from './processor-time.ts';

/** Bytes that give values, and the work of decoding them. */
export interface Case {
  readonly bytes: string;
  readonly request?: string;
  readonly record?: string;
  readonly secret?: string;
  readonly work: () => void;
}

const least = 100_000;

export function measureFamilies(): Measurement[] {
  return [...casesOfFamilies()].map(([family, cases]) => {
    const rate = ratePerSecond(cases.map(({ work }) => work));
    return {
      what: `decode one record of ${family}, mean of ${cases.length} vectors, one core`,
      result: `${Math.round(rate).toLocaleString('en')}/s`,
      required: `≥ ${least.toLocaleString('en')}/s`,
      goal: '',
      isMet: rate >= least,
    };
  });
}

/** The cases of a definition that is narrowed to those of its values that another decoder gives too. */
export function casesOfSame(
  definition: DeviceDefinition,
  given: { readonly [record: string]: RegExp },
): readonly Case[] {
  const records = Object.entries(definition.records).map(([name, record]) => {
    const fields = Object.entries(record.fields).filter(([field]) => given[name]?.test(field));
    return [name, { ...record, fields: Object.fromEntries(fields), computed: [] }] as const;
  });
  return casesOf({ ...definition, records: Object.fromEntries(records) });
}

/** Those of every definition, and of the frames of the CAN adapter. */
export function casesOfFamilies(): ReadonlyMap<string, readonly Case[]> {
  return new Map([
    ...definitions.map((definition) => [definition.id, casesOf(definition)] as const),
    ['usb-can-a', adapterCases()] as const,
  ]);
}

function casesOf(definition: DeviceDefinition): readonly Case[] {
  return vectorsOf(definition.id).flatMap((vector) => {
    const { values = {}, readings = [], request, record, secret } = vector;
    if (Object.keys(values).length + readings.length === 0) return [];
    const work = workOf(definition, vector);
    if (work === undefined) return [];
    return [
      {
        ...(request === undefined ? {} : { request }),
        ...(record === undefined ? {} : { record }),
        ...(secret === undefined ? {} : { secret }),
        bytes: wholeOf(vector) ?? '',
        work,
      },
    ];
  });
}

function workOf(definition: DeviceDefinition, vector: Vector): (() => void) | undefined {
  const { hear, readStream, readFrames } = definition;
  if (readFrames !== undefined) {
    const frames = vector.frames?.map(({ id, data }) => ({ id, data: bytesOf(data) }));
    return frames && (() => expectSome(readFrames(frames).readings, vector));
  }
  const whole = wholeOf(vector);
  if (whole === undefined) return undefined;
  const bytes = bytesOf(whole);
  if (readStream !== undefined) return () => expectSome(readStream(bytes).readings, vector);
  if (hear === undefined) return answering(definition, vector, bytes);
  const secret = vector.secret === undefined ? undefined : bytesOf(vector.secret);
  return () => {
    if ('ignored' in hear.decode({ source: victronCompany, payload: bytes }, secret)) throw undecoded(vector);
  };
}

function answering(
  definition: DeviceDefinition,
  vector: Vector,
  bytes: Uint8Array,
): (() => void) | undefined {
  const { record: name = '', request } = vector;
  const record = definition.records[name];
  const exchange = record && exchangeOfRecord(record, request === undefined ? undefined : bytesOf(request));
  if (exchange === undefined) return undefined;
  return () => {
    const { answer } = takeOrSkip(exchange.take, bytes);
    if (answer === undefined) throw undecoded(vector);
    decodeAnswer(definition, name, answer);
  };
}

/** A standard and an extended frame. */
function adapterCases(): readonly Case[] {
  const data = bytesOf('1122334455667788');
  return [0x123, 0x01234567].map((id) => {
    const bytes = formatUsbCanA({ id, data });
    return {
      bytes: Buffer.from(bytes).toString('hex'),
      work: () => {
        if (takeUsbCanA(bytes)?.answer === undefined) throw new Error('the frame was not taken');
      },
    };
  });
}

function expectSome(readings: readonly unknown[], vector: Vector): void {
  if (readings.length === 0) throw undecoded(vector);
}

const undecoded = ({ name }: Vector): Error => new Error(`${name} was not decoded`);
