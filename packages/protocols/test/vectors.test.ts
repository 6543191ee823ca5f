// Every vector of every definition through the same door that `decode --jsonl` uses.

import { describe, expect, test } from 'vitest';
import { decodeRequest } from '../src/decode.ts';
import { definitions } from '../src/devices/index.ts';
import { bytesOf, hexOf, type Vector, vectorsOf } from './vectors.ts';
import { testKey, victronFrame } from './victron-frame.ts';

/** Of some captures only the payload is public: the device's frame is put around it again. */
function framed(id: string, { bytes, payload, secret, record, product }: Vector) {
  if (bytes !== undefined) return { bytes, ...(secret === undefined ? {} : { secret }) };
  if (id !== 'victron-ble' || payload === undefined) throw new Error('a vector needs bytes');
  const frame = victronFrame(Number(record), bytesOf(payload), { product: Number(product) });
  return { bytes: hexOf(frame), secret: hexOf(testKey) };
}

describe.each(definitions.map(({ id }) => id))('%s', (definition) => {
  test.each(vectorsOf(definition))('$name', (vector) => {
    const answer = decodeRequest({ id: 7, definition, ...framed(definition, vector) });
    const { record, values, readings, error } = vector;
    if (error !== undefined)
      expect(answer).toEqual({ id: 7, error: { code: error, message: expect.any(String) } });
    else if (readings !== undefined) expect(answer).toEqual({ id: 7, definition, readings });
    else expect(answer).toEqual({ id: 7, definition, record, values });
  });
});
