// Every vector of every definition through the same door that `decode --jsonl` uses.

import { describe, expect, test } from 'vitest';
import { decodeRequest } from '../src/decode.ts';
import type { DeviceDefinition } from '../src/device.ts';
import { definitions } from '../src/devices/index.ts';
import { bytesOf, hexOf, type Vector, vectorsOf, wholeOf } from './vectors.ts';
import { testKey, victronFrame } from './victron-frame.ts';

/** Of some captures only the payload is public: the device's frame is put around it again. */
function framed({ id, ask }: DeviceDefinition, vector: Vector) {
  const { payload, secret, record, product, request } = vector;
  const bytes = vector.bytes ?? vector.chunks ?? vector.frames;
  // Of an answer that does not name its question whoever captured it has to say which it was.
  const answered = ask?.namesQuestion === false ? { record } : {};
  const asked = request === undefined ? answered : { request };
  if (bytes !== undefined) return { bytes, ...asked, ...(secret === undefined ? {} : { secret }) };
  if (id !== 'victron-ble' || payload === undefined) throw new Error('a vector needs bytes');
  const frame = victronFrame(Number(record), bytesOf(payload), { product: Number(product) });
  return { bytes: hexOf(frame), secret: hexOf(testKey) };
}

function expectAnswer(asked: string, vector: Vector, request: object) {
  const { record, values, readings, error, family: definition = asked } = vector;
  const answer = decodeRequest({ id: 7, definition: asked, ...request });
  if (error !== undefined)
    expect(answer).toEqual({ id: 7, error: { code: error, message: expect.any(String) } });
  else if (readings !== undefined) expect(answer).toEqual({ id: 7, definition, readings });
  else expect(answer).toEqual({ id: 7, definition, record, values });
}

describe.each(definitions)('$id', (definition) => {
  const { id, hear } = definition;
  test.each(vectorsOf(id))('$name', (vector) => {
    const request = framed(definition, vector);
    expectAnswer(id, vector, request);
    const whole = wholeOf(vector);
    // An advertisement comes in one piece; a link cuts where it likes.
    if (hear !== undefined || whole === undefined) return;
    for (const size of [1, 2, 7, 20, 64, whole.length])
      expectAnswer(id, vector, { ...request, bytes: cut(whole, size) });
  });
});

/** Hex in pieces of so many bytes. */
const cut = (hex: string, size: number): string[] =>
  Array.from({ length: Math.ceil(hex.length / (2 * size)) }, (_, index) =>
    hex.slice(2 * size * index, 2 * size * (index + 1)),
  );
