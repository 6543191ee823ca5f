// The bridge's clock, as far as it is known here. Ages are counted by it, so a wrong clock of the reader's machine
// makes no number younger.

export interface ServerClock {
  /** Takes the time that an answer or event carried. */
  readonly learn: (serverNow: number) => void;
  /** ms since 1970. */
  readonly now: () => number;
}

/** A minute of heartbeats: how long a bridge clock that was set back is not yet believed. */
const samplesMax = 12;

/** `local`: ms, monotonic. */
export function createServerClock(local: () => number): ServerClock {
  const offsets: number[] = [];
  return {
    learn: (serverNow) => {
      offsets.push(serverNow - local());
      if (offsets.length > samplesMax) offsets.shift();
    },
    // The way to the page only delays, so the largest offset is the best one; a delayed event makes nothing younger.
    now: () => local() + (offsets.length === 0 ? 0 : Math.max(...offsets)),
  };
}
