// Lines of Voltronic inverters. Checksums: published requests, and those of captured answers.

import { describe, expect, test } from 'vitest';
import {
  askPi18,
  askPi30,
  askPi30Either,
  closed,
  type Shape,
  textOf,
  textOfAnswer,
  voltronicCrc,
} from '../src/framing/voltronic.ts';
import { ProtocolError, takeOrSkip } from '../src/session.ts';
import { answersOf, expectFraming } from './framing.ts';
import { bytesOf, hexOf } from './vectors.ts';

const any: Shape = () => true;
const asciiOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const mode = bytesOf('2842e7c90d');
const acknowledged = bytesOf('2841434b39200d');
const refused = bytesOf('284e414b73730d');
const pi18Mode = bytesOf('5e443030353033b9590d');

test.each([0, 1, 31, 32, 300])('%i bytes are as many characters of their numbers', (length) => {
  for (const first of [0, 0x41, 0x7f, 0x80, 0xa0, 0xef]) {
    const bytes = Uint8Array.from({ length }, (_, index) => first + (index % 3));
    const text = textOf(bytes);
    expect(Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))).toEqual([...bytes]);
  }
});

test('the text of an answer is its own, also after another one was taken', () => {
  const line = (text: string) => closed(asciiOf(text));
  const [first, second] = ['^D006B,1', '^D006C,2'].map(
    (text) => takeOrSkip(askPi18('005GS', any).take, line(text)).answer ?? Uint8Array.of(),
  );
  expect([second, first, second].map((answer) => answer && textOfAnswer(answer))).toEqual([
    'C,2',
    'B,1',
    'C,2',
  ]);
});

describe('a checksum', () => {
  test.each([
    ['QPI', 'beac'],
    ['QID', 'd6ea'],
    ['QVFW', '6299'],
    ['QVFW2', 'c3f5'],
    ['VERFW:', 'f825'],
    ['QPIRI', 'f854'],
    ['QPIGS', 'b7a9'],
    ['QMOD', '49c1'],
    ['QFLAG', '9874'],
    ['QPGS0', '3fda'],
    ['QPGS2', '1f98'],
    ['QT', '27ff'],
    ['QMUCHGCR', '2634'],
    ['QET', '81b6'],
    ['^P005GS', '5814'],
    ['^P007PIRI', 'ee38'],
    ['^P006MOD', 'ddbe'],
    ['^P004T', 'df69'],
    // A byte that would open or end a line is one higher.
    ['QBOOT', '0b88'],
    ['QGMN', '4929'],
    ['POP02', 'e20b'],
    ['QED20230406', '0b76'],
    ['QED20240718', 'e60e'],
  ])('of %s is %s', (line, crc) => {
    expect(hexOf(voltronicCrc(asciiOf(line)))).toBe(crc);
  });

  test.each([
    ['QED20230211', 'fb01', 'fb00'],
    ['QED20230710', '01d1', '00d1'],
  ])('of %s is raised to %s, because %s is not answered by all', (line, raised, kept) => {
    expect(hexOf(voltronicCrc(asciiOf(line)))).toBe(raised);
    expect(hexOf(voltronicCrc(asciiOf(line), 'kept'))).toBe(kept);
  });
});

test.each([
  ['QPI', '515049beac0d'],
  ['QPIGS', '5150494753b7a90d'],
  ['QMUCHGCR', '514d55434847435226340d'],
] as const)('the request %s is the published one', (inquiry, hex) => {
  expect(hexOf(askPi30(inquiry, any).request)).toBe(hex);
});

test('an answer is found however it is cut, between padding, noise and other lines', () => {
  for (const foreign of [acknowledged, pi18Mode, bytesOf('0000000d0a')])
    expectFraming({
      take: askPi30('QMOD', (data) => /^[A-Z]$/.test(data)).take,
      frame: mode,
      answer: asciiOf('B'),
      foreign,
      noise: asciiOf('237.7 50.0'),
    });
});

test('an answer of PI18 is found however it is cut, between noise and lines of PI30', () => {
  const { take } = askPi18('006MOD', any);
  expectFraming({ take, frame: pi18Mode, answer: asciiOf('03'), foreign: mode, noise: asciiOf('03,04') });
});

test('lines may end with CR, LF or both', () => {
  const { take } = askPi30('QMOD', any);
  for (const end of ['0d', '0a', '0d0a'])
    expect(answersOf(take, bytesOf(`2842e7c9${end}2842e7c9${end}`)), end).toHaveLength(2);
});

test('a line of PI18 that counts itself wrong is not ours, although its checksum fits', () => {
  expect(answersOf(askPi18('006MOD', any).take, closed(asciiOf('^D00603')))).toEqual([]);
});

test('of an answer that another one cuts off the other one is taken, and the damage is told', () => {
  const cut = asciiOf('(236.9 50.0 23');
  const { answer, damaged } = takeOrSkip(askPi30('QMOD', any).take, Uint8Array.of(...cut, ...mode));
  expect(answer).toEqual(asciiOf('B'));
  expect(damaged).toEqual([expect.stringContaining('(236.9 50.0 23')]);
});

test('an answer in another shape than the question has is stepped over', () => {
  const { take } = askPi30('QMOD', (data) => /^[A-Z]$/.test(data));
  const late = closed(asciiOf('(PI30'));
  expect(takeOrSkip(take, Uint8Array.of(...late, ...mode))).toMatchObject({
    answer: asciiOf('B'),
    damaged: [],
  });
});

test('a refusal is one in the words of either protocol, also with the one byte of a REVO behind it', () => {
  const no = expect.objectContaining({ code: 'refused', message: expect.stringContaining('NAK') });
  expect(() => askPi30('QET', any).take(refused)).toThrow(no);
  expect(() => askPi30('QET', any).take(bytesOf('284e414b030d'))).toThrow(no);
  expect(() => askPi18('009EY2022', any).take(refused)).toThrow(no);
  expect(() => askPi30('QPI', any).take(bytesOf('5e301be30d'))).toThrow(/\^0/);
});

test('a line without an end is given up', () => {
  const endless = Uint8Array.from({ length: 600 }, (_, index) => (index === 0 ? 0x28 : 0x30));
  expect(() => askPi30('QMOD', any).take(endless)).toThrow(expect.objectContaining({ code: 'corrupt' }));
});

describe('a request whose checksum has a zero', () => {
  const sent = (inquiry: `Q${string}`, code: 'silent' | 'refused' | 'corrupt') => {
    const session = askPi30Either(inquiry, any);
    const requests: string[] = [];
    try {
      for (let step = session.next(); !step.done; ) {
        requests.push(hexOf(step.value.request).slice(-6, -2));
        step = session.throw(new ProtocolError(code, code));
      }
    } catch (error) {
      expect(error).toMatchObject({ code });
    }
    return requests;
  };

  test('is tried raised, then as it is', () => {
    expect(sent('QED20230211', 'silent')).toEqual(['fb01', 'fb00']);
    expect(sent('QED20230211', 'refused')).toEqual(['fb01', 'fb00']);
  });

  test('is not tried again where both are the same, or where the answer was damaged', () => {
    expect(sent('QED20230406', 'silent')).toEqual(['0b76']);
    expect(sent('QED20230211', 'corrupt')).toEqual(['fb01']);
  });
});
