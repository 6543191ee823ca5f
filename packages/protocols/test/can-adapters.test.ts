// CAN adapters: what they say on their serial line, and what they are told.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CanFrame } from '../src/device.ts';
import { formatCandump, parseCandump } from '../src/framing/candump.ts';
import { formatSlcan, slcanOpening, takeSlcan } from '../src/framing/slcan.ts';
import { formatUsbCanA, takeUsbCanA, usbCanASettings } from '../src/framing/usb-can-a.ts';
import { joinChunks, takeOrSkip } from '../src/session.ts';
import { answersOf } from './framing.ts';
import { bytesOf, hexOf } from './vectors.ts';

interface AdapterFrame {
  readonly name: string;
  readonly source: string;
  readonly serial: string;
  readonly id: number;
  readonly data: string;
}

/** Public examples of the vendor and captures that python-can has passed in both directions. */
const vectors: {
  readonly variable: readonly AdapterFrame[];
  readonly fixed: readonly AdapterFrame[];
  readonly settings: readonly {
    readonly bitRate: number;
    readonly listenOnly: boolean;
    readonly bytes: string;
  }[];
  readonly status: string;
  readonly stream: string;
} = JSON.parse(readFileSync(new URL('./adapter/usb-can-a.json', import.meta.url), 'utf8'));

const shown = ({ id, data }: CanFrame) => ({ id, data: hexOf(data) });
const frameOf = ({ id, data }: { readonly id: number; readonly data: string }): CanFrame => ({
  id,
  data: bytesOf(data),
});

describe('USB-CAN-A', () => {
  test.each([...vectors.variable, ...vectors.fixed])('$name', ({ serial, id, data }) => {
    const bytes = bytesOf(serial);
    for (let length = 1; length < bytes.length; length++)
      expect(takeUsbCanA(bytes.subarray(0, length)), `after ${length} bytes`).toBeUndefined();
    expect(answersOf(takeUsbCanA, bytes).map(shown)).toEqual([{ id, data }]);
    const twice = joinChunks([bytes, bytes, bytes.subarray(0, 3)]);
    expect(answersOf(takeUsbCanA, twice).map(shown)).toEqual([
      { id, data },
      { id, data },
    ]);
  });

  test.each(vectors.variable)('$name is passed on like that', ({ serial, ...frame }) => {
    expect(hexOf(formatUsbCanA(frameOf(frame)))).toBe(serial);
  });

  test.each(vectors.settings)(
    'settings for $bitRate bit/s, listen-only $listenOnly',
    ({ bitRate, listenOnly, bytes }) => {
      expect(hexOf(usbCanASettings(bitRate, listenOnly))).toBe(bytes);
    },
  );

  test('a bit rate that it does not have is not sent', () => {
    expect(() => usbCanASettings(123_456, true)).toThrow('no bit rate of 123456');
  });

  test('noise, a status, marks in the data and a cut end do not disturb the frames between them', () => {
    const stream = bytesOf(vectors.stream);
    expect(answersOf(takeUsbCanA, stream).map(shown)).toEqual([
      { id: 0x351, data: '1402740e740ecc01' },
      { id: 0x355, data: '5500640000000000' },
    ]);
    const first = takeOrSkip(takeUsbCanA, stream);
    expect(first.skipped).toBe(2);
    expect(hexOf(takeOrSkip(takeUsbCanA, takeOrSkip(takeUsbCanA, first.rest).rest).rest)).toBe('aac8');
  });

  test.each([
    ['a status', vectors.status],
    ['a remote request', 'aad8510355'],
    ['an extended identifier that looks like a standard one', 'aae15103000011 55'.replace(' ', '')],
  ])('%s is no data frame', (_, hex) => {
    expect(takeUsbCanA(bytesOf(hex))).toEqual({ used: hex.length / 2 });
  });

  test.each([
    ['more than eight bytes', 'aac95103112233445566778899 55'.replace(' ', '')],
    ['a wrong end', 'aac25c03c00054'],
    ['a wrong checksum', 'aa55010101230100000811223344556677880094'],
    ['a kind that there is not', 'aa5599010123010000081122334455667788002b'],
  ])('%s is no frame', (_, hex) => {
    expect(answersOf(takeUsbCanA, bytesOf(hex))).toEqual([]);
  });
});

describe('slcan', () => {
  const line = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

  test.each([
    ['standard', 't35181402740E740ECC01\r', 0x351, '1402740e740ecc01'],
    ['lower case', 't351814 02740e740ecc01\r'.replace(' ', ''), 0x351, '1402740e740ecc01'],
    ['with a time stamp', 't3552 1A00 1234\r'.replaceAll(' ', ''), 0x355, '1a00'],
    ['without data', 't3600\r', 0x360, ''],
    ['extended', 'T18F128F44F401E803\r', 0x18f128f4, 'f401e803'],
  ])('%s', (_, text, id, data) => {
    const bytes = line(text);
    for (let length = 1; length < bytes.length; length++)
      expect(takeSlcan(bytes.subarray(0, length)), `after ${length} bytes`).toBeUndefined();
    expect(answersOf(takeSlcan, line(`\r\x07V1013\r${text}${text}t35`)).map(shown)).toEqual([
      { id, data },
      { id, data },
    ]);
  });

  test.each([
    ['a remote request', 'r3558\r'],
    ['an answer to a command', '\r'],
    ['a refusal', '\x07'],
    ['an extended identifier that looks like a standard one', 'T00000351100\r'],
  ])('%s is no data frame', (_, text) => {
    expect(takeSlcan(line(text))).toEqual({ used: text.length });
  });

  test.each([
    ['a line whose length does not fit', 't35581402\r'],
    ['a line cut by a refusal', 't355210\x07'],
    ['a line without an end', 'x'.repeat(65)],
  ])('%s is damaged, and what follows is read', (_, text) => {
    const { damaged, answer } = takeOrSkip(takeSlcan, line(`${text}\rt35521A00\r`));
    expect(damaged).toHaveLength(1);
    expect(answer && shown(answer)).toEqual({ id: 0x355, data: '1a00' });
  });

  test('is opened for listening unless somebody says otherwise', () => {
    const text = (commands: readonly Uint8Array[]) => String.fromCharCode(...joinChunks(commands));
    expect(text(slcanOpening(500_000, true))).toBe('\rC\rS6\rL\r');
    expect(text(slcanOpening(250_000, false))).toBe('\rC\rS5\rO\r');
    expect(() => slcanOpening(123, true)).toThrow('no bit rate of 123');
  });

  test('frames are passed on as they were', () => {
    for (const frame of [frameOf({ id: 0x351, data: '1402' }), frameOf({ id: 0x18f128f4, data: '' })])
      expect(answersOf(takeSlcan, formatSlcan(frame))).toEqual([frame]);
  });
});

describe('candump', () => {
  test.each([
    [
      '(1700000000.123456) can0 351#1402740E740ECC01',
      { id: 0x351, data: '1402740e740ecc01' },
      1_700_000_000_123,
    ],
    ['(1700000000.123456) can0 18F128F4#F401', { id: 0x18f128f4, data: 'f401' }, 1_700_000_000_123],
    ['(1700000000.000000) can0 35C#C000 R', { id: 0x35c, data: 'c000' }, 1_700_000_000_000],
    ['  can0  351   [8]  14 02 74 0E 74 0E CC 01', { id: 0x351, data: '1402740e740ecc01' }, undefined],
    [' (1700000000.500000)  can0  35C   [2]  C0 00', { id: 0x35c, data: 'c000' }, 1_700_000_000_500],
    ['  can0  360   [0] ', { id: 0x360, data: '' }, undefined],
    [
      "  can0  35E   [8]  50 59 4C 4F 4E 20 20 20   'PYLON   '",
      { id: 0x35e, data: '50594c4f4e202020' },
      undefined,
    ],
  ])('%s', (line, frame, wallMs) => {
    const parsed = parseCandump(line);
    expect(parsed && { ...shown(parsed.frame), wallMs: parsed.wallMs, at: parsed.interface }).toEqual({
      ...frame,
      wallMs,
      at: 'can0',
    });
  });

  test.each([
    '(1700000000.123456) can0 351#R',
    '(1700000000.123456) can0 20000004#0004000000000000',
    '(1700000000.123456) can0 351##0112233',
    '(1700000000.123456) can0 351#1402740E740ECC0100',
    '(1700000000.123456) can0 351#14027',
    '  can0  355   [8]  remote request',
    '  can0  355   [4]  1A 00 64',
    'DROPCOUNT: dropped 3 CAN frames on "can0" socket (total drops 3)',
    '',
  ])('"%s" holds no data frame', (line) => {
    expect(parseCandump(line)).toBeUndefined();
  });

  test('a line that is written is read again', () => {
    const line = {
      interface: 'vcan0',
      frame: frameOf({ id: 0x18f128f4, data: '0102' }),
      wallMs: 1_700_000_000_001,
    };
    expect(parseCandump(formatCandump(line))).toEqual(line);
  });
});
