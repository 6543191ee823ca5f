import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';

test('thousands of frames of any bytes give values or errors of the protocol, and nothing else', () => {
  const seed = Date.now() % 2 ** 32;
  console.error(`fuzz: --seed ${seed}`);
  const counts = fuzz({ seed, frames: 4000 });
  // All kinds of answers were reached: the frames are not too far from real ones.
  // A refusal needs exact bytes and comes by luck.
  const outcomes = Object.keys(counts).filter((outcome) => outcome !== 'refused');
  expect(outcomes.sort()).toEqual(['corrupt', 'ignored', 'key', 'silent', 'value']);
});
