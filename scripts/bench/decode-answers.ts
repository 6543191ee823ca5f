// Decoding captured answers of each family that is asked, on one core: frame, checksum, every field, what is computed.

import {
  type DeviceDefinition,
  decodeAnswer,
  definitions,
  exchangeOfRecord,
  takeOrSkip,
} from '../../packages/protocols/src/index.ts';
import { bytesOf, vectorsOf, wholeOf } from '../../packages/protocols/test/vectors.ts';
import type { Measurement } from './measurement.ts';
import { median } from './usage.ts';

const rounds = 7;
const roundMs = 200;

export const measureAnswers = (): Measurement[] =>
  definitions.filter(({ ask }) => ask !== undefined).map(measureFamily);

function measureFamily(definition: DeviceDefinition): Measurement {
  const answers = answersOf(definition);
  const rates = Array.from({ length: rounds }, () => {
    const started = performance.now();
    let decoded = 0;
    while (performance.now() - started < roundMs) {
      for (const decode of answers) decode();
      decoded += answers.length;
    }
    return decoded / ((performance.now() - started) / 1000);
  });
  return {
    what: `decode one answer of ${definition.id}, mean of its ${answers.length} vectors, one core`,
    result: `${Math.round(median(rates)).toLocaleString('en')}/s`,
    required: '≥ 100,000/s',
    goal: '≥ 100,000/s',
    isMet: median(rates) >= 100_000,
  };
}

/** How each vector that gives values is decoded. */
function answersOf(definition: DeviceDefinition): (() => void)[] {
  return vectorsOf(definition.id).flatMap((vector) => {
    const { record: name = '', values = {}, request } = vector;
    const record = definition.records[name];
    const whole = wholeOf(vector);
    const exchange = record && exchangeOfRecord(record, request === undefined ? undefined : bytesOf(request));
    if (exchange === undefined || whole === undefined || Object.keys(values).length === 0) return [];
    const bytes = bytesOf(whole);
    return [
      () => {
        const { answer } = takeOrSkip(exchange.take, bytes);
        if (answer === undefined) throw new Error(`${definition.id}: ${vector.name} was not decoded`);
        decodeAnswer(definition, name, answer);
      },
    ];
  });
}
