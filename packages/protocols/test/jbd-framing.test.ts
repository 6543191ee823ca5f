import { expect, test } from 'vitest';
import { readJbd, takeJbdModule } from '../src/framing/jbd.ts';
import { takeOrSkip } from '../src/session.ts';
import { answersOf, expectFraming } from './framing.ts';
import { bytesOf, hexOf } from './vectors.ts';

const cells = bytesOf('dd0400080d870dc10dca0d59fd5977');
const module = bytesOf('ffaa1701c9e1');

test('a request is the published one', () => {
  expect(hexOf(readJbd(0x03).request)).toBe('dda50300fffd77');
  expect(hexOf(readJbd(0xaa).request)).toBe('dda5aa00ff5677');
});

test('an answer of the board is found however it is cut, between noise, other registers and the module', () => {
  for (const foreign of ['dd000000000077', hexOf(module), hexOf(readJbd(0x04).request)])
    expectFraming({
      take: readJbd(0x04).take,
      frame: cells,
      answer: bytesOf('0d870dc10dca0d59'),
      foreign: bytesOf(foreign),
      noise: bytesOf('00'),
    });
});

test('an answer of the module is found however it is cut, between noise and the board', () => {
  const { take } = { take: takeJbdModule(0x17) };
  const answer = Uint8Array.of(0xc9);
  expectFraming({ take, frame: module, answer, foreign: cells, noise: bytesOf('0000') });
});

test('data may hold the bytes that begin and end a frame', () => {
  const frame = bytesOf('dd040004dd77dd77fd5477');
  expect(answersOf(readJbd(0x04).take, frame)).toEqual([bytesOf('dd77dd77')]);
});

test('a damaged frame is counted, and one behind it is found', () => {
  const damaged = Uint8Array.from(cells);
  damaged[5] = 0;
  const { answer, damaged: texts } = takeOrSkip(readJbd(0x04).take, Uint8Array.of(...damaged, ...cells));
  expect(answer).toEqual(bytesOf('0d870dc10dca0d59'));
  expect(texts).toEqual([expect.stringContaining('checksum')]);
});

test('a refusal says why, with either checksum', () => {
  const refuse = (register: number, hex: string) => () => readJbd(register).take(bytesOf(hex));
  expect(refuse(0x24, 'dd248100ff7f77')).toThrow(/register 24: the board does not allow it now/);
  expect(refuse(0x00, 'dd008100000077')).toThrow(expect.objectContaining({ code: 'refused' }));
  expect(refuse(0x05, 'dd05990000 0077'.replace(' ', ''))).toThrow(/status 99/);
});
