// Captured answers: to which question they belong, and what is said when nothing tells.

import { describe, expect, test } from 'vitest';
import { decodeRequest } from '../src/decode.ts';
import { decodeAnswers } from '../src/decode-answers.ts';
import type { DeviceDefinition, RecordDefinition } from '../src/device.ts';
import { gauge } from '../src/field.ts';
import { ProtocolError, type Take } from '../src/session.ts';
import { column, u8 } from '../src/where.ts';
import { bytesOf, vectorsOf } from './vectors.ts';

const vector = (name: string) => {
  const found = vectorsOf('jbd').find((each) => each.name === name);
  if (found?.chunks === undefined) throw new Error(`no vector ${name}`);
  return { ...found, bytes: found.chunks.join('') };
};
const basic = vector('jbd/sp04s034-v1.3 basic');
const cells = vector('jbd/sp04s034-v1.3 cells');
const jbd = (request: object) => decodeRequest({ definition: 'jbd', ...request });

describe('answers that name their question', () => {
  test('are told apart in one stretch of bytes, in their order, with anything between them', () => {
    const bytes = ['00', cells.bytes, 'ffaa1701c9e1', 'dd000000000077', basic.bytes, cells.bytes];
    expect(jbd({ bytes })).toMatchObject({
      readings: [
        { record: 'cells', values: cells.values },
        { record: 'basic', values: basic.values },
        { record: 'cells', values: cells.values },
      ],
    });
  });

  test('are picked by record or request', () => {
    const bytes = [basic.bytes, cells.bytes];
    expect(jbd({ bytes, record: 'cells' })).toMatchObject({ record: 'cells', values: cells.values });
    expect(jbd({ bytes, request: 'dda50300fffd77' })).toMatchObject({
      record: 'basic',
      values: basic.values,
    });
  });

  test('that are cut are silent, damaged ones corrupt, those of other records ignored', () => {
    const codeOf = (request: object) => jbd(request) as { error?: { code: string } };
    for (let length = 0; length < basic.bytes.length; length += 2)
      expect(codeOf({ bytes: basic.bytes.slice(0, length) }).error?.code, `${length}`).toBe('silent');
    expect(codeOf({ bytes: `${basic.bytes.slice(0, 20)}ff${basic.bytes.slice(22)}` }).error?.code).toBe(
      'corrupt',
    );
    expect(codeOf({ bytes: 'dd000000000077' }).error?.code).toBe('ignored');
    expect(codeOf({ bytes: 'dd248100ff7f77', request: 'dda52400ffdc77' }).error?.code).toBe('refused');
  });

  test('need a request in hex', () => {
    expect(jbd({ bytes: basic.bytes, request: 'dda' })).toMatchObject({ error: { code: 'usage' } });
  });
});

describe('answers that do not name their question', () => {
  /** Lines that end with a full stop, `N.` for no. */
  const take: Take = (received) => {
    const end = received.indexOf(0x2e);
    if (end < 0) return undefined;
    if (received[0] === 0x4e) throw new ProtocolError('refused', 'no');
    return { used: end + 1, answer: received.subarray(0, end) };
  };
  const columnsOf = (answer: Uint8Array) => Buffer.from(answer).toString().split(' ');
  const ask = (letter: string) => ({ request: Buffer.from(letter), take });
  const voltage: RecordDefinition<readonly string[]> = {
    ...{ kind: 'battery', about: 'voltage', asked: ask('v'), parse: columnsOf },
    recordOf: (columns) => (columns.length > 1 ? 'both' : 'voltage'),
    fields: { battery_voltage: gauge(column(0), { unit: 'V' }) },
  };
  const both: RecordDefinition<readonly string[]> = {
    ...{ kind: 'battery', about: 'voltage and current' },
    fields: { ...voltage.fields, battery_current: gauge(column(1), { unit: 'A' }) },
  };
  const charge: RecordDefinition<Uint8Array> = {
    ...{ kind: 'battery', about: 'charge', asked: ask('c') },
    fields: { state_of_charge: gauge(u8(0), { unit: '%' }) },
  };
  const definition: DeviceDefinition = {
    ...{ id: 'lines', name: 'lines', vendor: 'jbd', media: [], records: { voltage, both, charge } },
    ask: { namesQuestion: false },
  };
  const decode = (line: string, more: { record?: string; request?: Uint8Array } = {}) =>
    decodeAnswers(definition, { bytes: Buffer.from(line), ...more });

  test('are not guessed at', () => {
    expect(decode('12.')).toEqual({ unclear: expect.stringContaining('record or request is missing') });
  });

  test('are those of the record or the request that is given', () => {
    expect(decode('12.', { record: 'voltage' })).toMatchObject({
      readings: [{ record: 'voltage', values: { battery_voltage: 12 } }],
    });
    expect(decode('P.', { request: Buffer.from('c') })).toMatchObject({
      readings: [{ record: 'charge', values: { state_of_charge: 0x50 } }],
    });
  });

  test('may be of another form than the record that was asked for', () => {
    expect(decode('12 5.', { record: 'voltage' })).toMatchObject({
      readings: [{ record: 'both', values: { battery_voltage: 12, battery_current: 5 } }],
    });
  });

  test('that refuse are refused', () => {
    expect(() => decode('N.', { record: 'voltage' })).toThrow(expect.objectContaining({ code: 'refused' }));
  });

  test('to a request that no record makes are silent, for want of a way to tell', () => {
    expect(() => decode('12.', { request: bytesOf('00') })).toThrow(
      expect.objectContaining({ code: 'silent' }),
    );
  });
});
