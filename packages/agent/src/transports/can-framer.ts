// From the bytes of a serial CAN adapter to its frames. A frame that is found after noise counts only when another one
// follows it at once, and one before noise not at all: without a checksum, data that look like a frame, or a frame that was
// cut and took its end from the next, would be shown as a reading.

import { type CanFrame, joinChunks, type Take, takeOrSkip } from '@wattline/protocols';

export interface CanFramer {
  /** The frames completed by a chunk. */
  push(chunk: Uint8Array): readonly CanFrame[];
}

export interface FramingCounts {
  /** Bytes that are no part of a frame. */
  noiseBytes: number;
  damaged: number;
  /** Frames beside noise that nothing confirmed. */
  doubtful: number;
}

export function createCanFramer(take: Take<CanFrame>, counts: FramingCounts): CanFramer {
  let received: Uint8Array = new Uint8Array();
  let inStep = true;
  let unconfirmed: CanFrame | undefined;
  return {
    push(chunk) {
      const frames: CanFrame[] = [];
      received = joinChunks([received, chunk]);
      for (;;) {
        const { answer, rest, skipped, damaged } = takeOrSkip(take, received);
        received = rest;
        counts.damaged += damaged.length;
        if (skipped > 0) {
          counts.noiseBytes += skipped;
          // Otherwise the last of this chunk is the one before the noise; what came before the chunk is gone.
          if ((unconfirmed ?? frames.pop()) !== undefined) counts.doubtful++;
          unconfirmed = undefined;
          inStep = false;
        }
        if (answer === undefined) return frames;
        if (inStep) {
          if (unconfirmed !== undefined) frames.push(unconfirmed);
          unconfirmed = undefined;
          frames.push(answer);
        } else {
          unconfirmed = answer;
          inStep = true;
        }
      }
    },
  };
}
