// A recorded stretch of VE.Direct text to its readings. A round of blocks is complete when a label comes again.

import type { Decoded, StreamContent } from '../../device.ts';
import { labelsShown, takeBlock } from '../../framing/vedirect-text.ts';
import { takeOrSkip } from '../../session.ts';
import { decodeBlock, identityLabels } from './record.ts';

export function readStream(bytes: Uint8Array): StreamContent {
  const readings: Decoded[] = [];
  const corrupt: string[] = [];
  const ignored: string[] = [];
  const identity = new Map<string, string>();
  let round = new Map<string, string>();

  const finishRound = (): void => {
    if (round.size === 0) return;
    for (const label of identityLabels) {
      const text = round.get(label);
      if (text !== undefined) identity.set(label, text);
    }
    const decoded = decodeBlock(round, identity);
    if (decoded !== undefined) readings.push(decoded);
    else ignored.push(`no product id, and the labels fit several products: ${labelsShown(round)}`);
    round = new Map();
  };

  let rest = bytes;
  for (;;) {
    const taken = takeOrSkip(takeBlock, rest);
    rest = taken.rest;
    corrupt.push(...taken.damaged);
    if (taken.answer === undefined) break;
    if ([...taken.answer.keys()].some((label) => round.has(label))) finishRound();
    for (const [label, text] of taken.answer) round.set(label, text);
  }
  finishRound();
  return { readings, corrupt, ignored };
}
