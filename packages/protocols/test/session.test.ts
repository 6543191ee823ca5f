import { expect, test } from 'vitest';
import { joinChunks, ProtocolError, type Take, takeOrSkip } from '../src/session.ts';

/** Frames `< length … sum`, foreign ones `? length …`: small enough to see every case. */
const take: Take<string> = (received) => {
  const [start, length = 0] = received;
  if (start !== 0x3c && start !== 0x3f) throw new ProtocolError('corrupt', 'no frame begins so');
  const used = 2 + length + 1;
  if (received.length < used) return undefined;
  if (start === 0x3f) return { used };
  const body = received.subarray(2, 2 + length);
  const sum = body.reduce((total, byte) => total + byte, 0) & 0xff;
  if (received[used - 1] !== sum) throw new ProtocolError('corrupt', 'the sum is wrong', used);
  return { used, answer: Buffer.from(body).toString('latin1') };
};

const frame = Uint8Array.of(0x3c, 2, 0x41, 0x42, 0x83);
const foreign = Uint8Array.of(0x3f, 1, 0x3c, 0);

test('noise is stepped over byte by byte, foreign frames as a whole', () => {
  const received = joinChunks([Uint8Array.of(1, 2, 3), foreign, frame, Uint8Array.of(9)]);
  expect(takeOrSkip(take, received)).toEqual({
    answer: 'AB',
    rest: Uint8Array.of(9),
    skipped: 3,
    damaged: [],
  });
});

test('a damaged frame whose end is known is not searched for another one', () => {
  const inner = Uint8Array.of(0x3c, 5, ...frame, 0xff);
  expect(takeOrSkip(take, joinChunks([inner, frame]))).toEqual({
    answer: 'AB',
    rest: Uint8Array.of(),
    skipped: 0,
    damaged: ['the sum is wrong'],
  });
});

test('what may still become a frame is kept', () => {
  const half = frame.subarray(0, 3);
  expect(takeOrSkip(take, joinChunks([Uint8Array.of(7), half]))).toMatchObject({ rest: half, skipped: 1 });
});

test('a refusal goes to the one who asked', () => {
  const refusing: Take = () => {
    throw new ProtocolError('refused', 'no');
  };
  expect(() => takeOrSkip(refusing, frame)).toThrow(expect.objectContaining({ code: 'refused' }));
});
