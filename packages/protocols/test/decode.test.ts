// Requests of `decode --jsonl` that are wrong: each has its answer, and the next line its own.

import { describe, expect, test } from 'vitest';
import { decodeLine, decodeRequest } from '../src/decode.ts';
import { vectorsOf } from './vectors.ts';

const [solar] = vectorsOf('victron-ble');
const { bytes = '', secret = '' } = solar ?? {};
const request = { id: 1, definition: 'victron-ble', bytes, secret };

describe('a wrong request is answered with usage and says what is wrong', () => {
  test.each([
    ['no object', null, 'object'],
    ['a list', [request], 'object'],
    ['no definition', { ...request, definition: undefined }, 'victron-ble, vedirect-text'],
    ['an unknown definition', { ...request, definition: 'victron' }, '"victron" is none'],
    ['a definition by a word of the language', { ...request, definition: 'constructor' }, 'is none'],
    ['an unknown record', { ...request, record: '0x1' }, '0x01'],
    ['a record by a word of the language', { ...request, record: 'toString' }, 'toString'],
    ['no definition', { ...request, definition: undefined }, 'definition: is missing; there are victron-ble'],
    ['no bytes', { ...request, bytes: undefined }, 'bytes'],
    ['an odd digit', { ...request, bytes: '123' }, 'hex'],
    ['no hex', { ...request, bytes: 'xyz0' }, 'xyz0'],
    ['bytes as numbers', { ...request, bytes: [1, 2] }, 'hex'],
    ['a key of 31 digits', { ...request, secret: secret.slice(1) }, '31 hex digits, not 32'],
    ['a key that is no hex', { ...request, secret: `${secret.slice(1)}g` }, 'hex'],
    ['a key that is a number', { ...request, secret: 5 }, 'text'],
  ])('%s', (_, wrong, message) => {
    const answer = decodeRequest(wrong);
    expect(answer).toMatchObject({ error: { code: 'usage', message: expect.stringContaining(message) } });
  });
});

test('a request is answered with its own id, of any type', () => {
  for (const id of [0, 'a', { deep: [1] }, [null], false])
    expect(decodeRequest({ ...request, id })).toMatchObject({ id, record: '0x01' });
  expect(decodeRequest({ ...request, id: undefined })).toMatchObject({ id: null, record: '0x01' });
  expect(decodeRequest({ id: 9 })).toMatchObject({ id: 9, error: { code: 'usage' } });
});

test('bytes of another record than the one asked for are ignored', () => {
  expect(decodeRequest({ ...request, record: '0x01' })).toMatchObject({ record: '0x01' });
  expect(decodeRequest({ ...request, record: '0x02' })).toMatchObject({ error: { code: 'ignored' } });
});

test('each of several advertisements is read by itself', () => {
  const one = { record: '0x01', values: solar?.values };
  const foreign = 'deadbeef';
  const wrongKey = `${bytes.slice(0, 14)}00${bytes.slice(16)}`;
  expect(decodeRequest({ ...request, bytes: [bytes, bytes] })).toMatchObject({ readings: [one, one] });
  expect(decodeRequest({ ...request, bytes: [foreign, bytes, wrongKey] })).toMatchObject(one);
  expect(decodeRequest({ ...request, bytes: [wrongKey, foreign] })).toMatchObject({ error: { code: 'key' } });
  expect(decodeRequest({ ...request, bytes: [] })).toMatchObject({ error: { code: 'silent' } });
});

test('chunks are joined as they were received', () => {
  const [stream] = vectorsOf('vedirect-text');
  const whole = stream?.bytes ?? '';
  const chunks = [whole.slice(0, 100), '', whole.slice(100, 102), whole.slice(102)];
  expect(decodeRequest({ definition: 'vedirect-text', bytes: chunks })).toMatchObject({
    values: stream?.values,
  });
});

test.each(['jbd', 'vedirect-text', 'victron-ble', 'can-pylontech'])(
  'a line of millions of digits for %s costs itself only',
  (definition) => {
    const ask = (bytes: unknown) => JSON.parse(decodeLine(JSON.stringify({ id: 1, definition, bytes })));
    const isBus = definition.startsWith('can');
    const tooMuch = { id: 1, error: { code: 'usage', message: expect.stringContaining('at most 65536') } };
    const frames = Array.from({ length: 65_537 }, () => ({ id: 0x355, data: '' }));
    expect(ask(isBus ? frames : 'dd'.repeat(5_000_000))).toEqual(tooMuch);
    expect(ask(isBus ? frames : Array(65_537).fill(''))).toEqual(tooMuch);
    expect(ask(isBus ? 'dd'.repeat(5_000_000) : '00'.repeat(65_000)).error.message).not.toContain('at most');
    expect(ask('d'.repeat(65_001))).toMatchObject({ error: { code: 'usage' } });
  },
);

test('a line that is not JSON is one answer, and a sound one is answered in JSON', () => {
  expect(JSON.parse(decodeLine('{'))).toMatchObject({ id: null, error: { code: 'usage' } });
  expect(JSON.parse(decodeLine(JSON.stringify(request)))).toEqual({
    id: 1,
    definition: 'victron-ble',
    record: '0x01',
    values: solar?.values,
  });
});
