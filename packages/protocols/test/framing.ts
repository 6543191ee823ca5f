// What holds for every framer, however the medium cuts its bytes.

import { expect } from 'vitest';
import { joinChunks, type Take, takeOrSkip } from '../src/session.ts';

interface FramingCase<Answer> {
  readonly take: Take<Answer>;
  readonly frame: Uint8Array;
  readonly answer: Answer;
  /** Whole frames that are not ours. */
  readonly foreign: Uint8Array;
  /** Bytes that are no frame. */
  readonly noise: Uint8Array;
}

export function expectFraming<Answer>({ take, frame, answer, foreign, noise }: FramingCase<Answer>): void {
  expect(takeOrSkip(take, frame)).toEqual({ answer, rest: Uint8Array.of(), skipped: 0, damaged: [] });
  for (let length = 1; length < frame.length; length++)
    expect(take(frame.subarray(0, length)), `after ${length} bytes`).toBeUndefined();
  const tail = frame.subarray(0, frame.length - 1);
  expect(takeOrSkip(take, joinChunks([frame, tail]))).toMatchObject({ answer, rest: tail });
  expect(takeOrSkip(take, joinChunks([foreign, frame]))).toMatchObject({ answer, damaged: [] });
  // Noise may cost the frame behind it, but no more.
  const afterNoise = answersOf(take, joinChunks([noise, frame, frame]));
  expect(afterNoise.length).toBeGreaterThan(0);
  expect(afterNoise).toEqual(afterNoise.map(() => answer));
  for (let bit = 0; bit < 8 * frame.length; bit++) {
    const flipped = Uint8Array.from(frame);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(answersOf(take, flipped), `bit ${bit} flipped`).toEqual([]);
  }
}

export function answersOf<Answer>(take: Take<Answer>, received: Uint8Array): Answer[] {
  const answers: Answer[] = [];
  for (let rest = received; ; ) {
    const taken = takeOrSkip(take, rest);
    if (taken.answer === undefined) return answers;
    answers.push(taken.answer);
    rest = taken.rest;
  }
}
