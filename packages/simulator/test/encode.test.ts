// Bytes of simulated devices, against public captures: what was decoded from one is sent again and decoded alike.

import { familyOf, instantReadoutRecords } from '@wattline/protocols';
import { describe, expect, test } from 'vitest';
import { bytesOf, vectorsOf } from '../../protocols/test/vectors.ts';
import { encodeInstantReadout, encodePayload, encodeTextBlocks, rawOf } from '../src/site/encode.ts';

const instantReadout = familyOf('victron-ble');
const text = familyOf('vedirect-text');

const fits = <Item>(item: Item | undefined, what: string): Item => {
  if (item === undefined) throw new Error(`${what} is missing`);
  return item;
};

describe('Instant Readout', () => {
  const isSent = (record: string, name: string): boolean =>
    instantReadoutRecords[record]?.computed?.some(({ field }) => field === name) !== true;
  const isWritable = (record: string, name: string): boolean =>
    instantReadoutRecords[record]?.fields[name]?.where.write !== undefined;
  // Lynx's pairs of bits and values that are no straight line are not simulated.
  const captured = vectorsOf('victron-ble').filter(
    ({ bytes, secret, record = '', values }) =>
      bytes !== undefined &&
      secret !== undefined &&
      values !== undefined &&
      Object.keys(values).every((name) => !isSent(record, name) || isWritable(record, name)),
  );

  test.each(captured)('$name', ({ bytes = '', secret = '', record = '', values = {} }) => {
    const frame = Buffer.from(bytesOf(bytes));
    const fields = fits(instantReadoutRecords[record], record).fields;
    const sent = Object.fromEntries(Object.entries(values).filter(([name]) => isSent(record, name)));
    const key = bytesOf(secret);
    const again = encodeInstantReadout(
      frame.readUInt16LE(2),
      Number(record),
      frame.readUInt16LE(5),
      key,
      encodePayload(fields, sent),
    );
    const decoded = fits(instantReadout.hear, 'hearing').decode({ source: 0x02e1, payload: again }, key);
    expect(decoded).toMatchObject({ record, values });
  });
});

describe('VE.Direct text', () => {
  const captured = vectorsOf('vedirect-text').filter(({ values }) => values !== undefined);

  test.each(captured)('$name', ({ record = '', values = {} }) => {
    const { fields, computed = [] } = fits(text.records[record], record);
    const sent = Object.fromEntries(
      Object.entries(values).filter(([name]) => !computed.some(({ field }) => field === name)),
    );
    const bytes = Buffer.concat(encodeTextBlocks(fields, sent));
    const { readings, corrupt } = fits(text.readStream, 'a reader of streams')(bytes);
    expect(corrupt).toEqual([]);
    expect(readings).toMatchObject([{ record, values: sent }]);
  });
});

test('a value below what the place can hold is sent as the least', () => {
  const { fields } = fits(instantReadoutRecords['0x01'], '0x01');
  const payload = encodePayload(fields, { pv_power: -3, battery_current: -3 });
  expect(fields['pv_power']?.where.read(payload)).toBe(0);
  expect(fields['battery_current']?.where.read(payload)).toBe(0x10000 - 30);
});

describe('what cannot be sent is an error, not a wrong number', () => {
  const { fields } = fits(instantReadoutRecords['0x01'], '0x01');

  test('a word that the field does not have', () => {
    expect(() => rawOf(fits(fields['charge_state'], 'charge_state'), 'sideways')).toThrow(
      'sideways is no word of u8(0)',
    );
  });

  test('a value that is no straight line of its raw value', () => {
    const field = fits(instantReadoutRecords['0xFF01']?.fields['time_since_sun'], 'time_since_sun');
    expect(() => rawOf(field, 60)).toThrow('no straight line');
  });
});
