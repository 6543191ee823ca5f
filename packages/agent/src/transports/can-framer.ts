// From the bytes of a serial CAN adapter to its frames. A frame that is found after noise counts only when another one
// follows it at once, and one before noise not at all: without a checksum, data that look like a frame, or a frame that was
// cut and took its end from the next, would be shown as a reading.

import { type CanFrame, joinChunks, type Take, takeOrSkip } from '@wattline/protocols';

export interface CanFramer {
  /** The frames completed by a chunk. @param uptimeMs when it came */
  push(chunk: Uint8Array, uptimeMs: number): readonly CanFrame[];
}

/** An adapter sends a frame at once: one whose rest has not come by now lost it, and would take it from a later one. */
const restMsMax = 250;

export interface FramingCounts {
  /** Bytes that are no part of a frame. */
  noiseBytes: number;
  damaged: number;
  /** Frames beside noise that nothing confirmed. */
  doubtful: number;
}

export function createCanFramer(take: Take<CanFrame>, counts: FramingCounts): CanFramer {
  let received: Uint8Array = new Uint8Array();
  let receivedMs = 0;
  let inStep = true;
  let unconfirmed: CanFrame | undefined;
  const doubt = (frame: CanFrame | undefined, bytes: number): void => {
    counts.noiseBytes += bytes;
    if (frame !== undefined) counts.doubtful++;
    unconfirmed = undefined;
    inStep = false;
  };
  return {
    push(chunk, uptimeMs) {
      const frames: CanFrame[] = [];
      if (received.length > 0 && uptimeMs - receivedMs > restMsMax) {
        doubt(unconfirmed, received.length);
        received = new Uint8Array();
      }
      received = joinChunks([received, chunk]);
      receivedMs = uptimeMs;
      for (;;) {
        const { answer, rest, skipped, damaged } = takeOrSkip(take, received);
        received = rest;
        counts.damaged += damaged.length;
        // Otherwise the last of this chunk is the one before the noise; what came before the chunk is gone.
        if (skipped > 0) doubt(unconfirmed ?? frames.pop(), skipped);
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
