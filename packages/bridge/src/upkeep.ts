// What goes on beside the readings: tiers follow the log in slices, and what is past its time goes. Each slice is short,
// so that no acknowledgement waits for it.

import type { Log } from './log/log.ts';
import type { Tiers } from './tiers/tiers.ts';

export interface UpkeepOptions {
  readonly tiers: Pick<Tiers, 'step' | 'revision' | 'expire'>;
  readonly log: Pick<Log, 'expire' | 'settle'>;
  readonly now: () => number;
  readonly report: (text: string, error: unknown) => void;
  /** After a step in which windows got a revision: also the last ones, when nothing comes in any more. */
  readonly windowsChanged: () => void;
}

const lookEveryMs = 250;
const expireEveryMs = 10_000;
/** After the disk refused. */
const retryMs = 5_000;

export function startUpkeep(options: UpkeepOptions): { stop(): void } {
  const { tiers, log, now, windowsChanged } = options;
  let expiredMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  let stopped = false;

  const expire = (): boolean => {
    const nowMs = now();
    if (Math.abs(nowMs - expiredMs) < expireEveryMs) return false;
    // A full slice means that more is waiting: come back at once.
    if (log.expire(nowMs) + tiers.expire() > 0) return true;
    expiredMs = nowMs;
    return false;
  };
  const turn = (): void => {
    let delayMs = lookEveryMs;
    try {
      const isSettling = log.settle(now());
      const before = tiers.revision();
      const isBehind = tiers.step();
      if (tiers.revision() !== before) windowsChanged();
      // Also while the tiers catch up: a long catch-up must not let the store grow.
      if (expire() || isBehind || isSettling) delayMs = 0;
    } catch (error) {
      options.report('the store could not be brought up to date; trying again', error);
      delayMs = retryMs;
    }
    if (stopped) return;
    timer = delayMs === 0 ? setImmediate(turn) : setTimeout(turn, delayMs);
  };
  timer = setTimeout(turn, 0);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer as NodeJS.Timeout);
      clearImmediate(timer as NodeJS.Immediate);
    },
  };
}
