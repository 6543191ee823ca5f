// What is done about a radio whose connections do not come about: they are tried again, then the adapter is reset, then a
// person is told what to do. Each step is said once and counted. A device that is absent, busy or refuses is no reason.

import type { Log } from '@wattline/program';
import type { TransportError } from '../transport.ts';

export interface Healing {
  /** A connection came about. */
  connected(): void;
  /** `reset`: the adapter is to be reset now. */
  failed(error: TransportError, uptimeMs: number): 'retry' | 'reset';
}

export interface HealingCounts {
  reset: number;
  helpless: number;
}

const failuresMax = 3;
const resetsMax = 2;
/** Between resets; doubles, because it costs the others a second each time. */
const resetEveryMs = 20_000;
const resetEveryGrowthMax = 32;

export function createHealing(log: Log, counts: HealingCounts): Healing {
  let failures = 0;
  let resets = 0;
  let growth = 1;
  let nextResetMs = Number.NEGATIVE_INFINITY;
  let isHelpless = false;
  return {
    connected() {
      if (resets > 0) log.info('Bluetooth: connections come about again');
      failures = 0;
      resets = 0;
      growth = 1;
      isHelpless = false;
    },
    failed({ code, message }, uptimeMs) {
      if (code !== 'lost' || ++failures < failuresMax || uptimeMs < nextResetMs) return 'retry';
      if (resets === 0) {
        log.warn(`Bluetooth: ${failures} connections failed in a row (${message}); the adapter is reset`);
      }
      if (resets >= resetsMax && !isHelpless) {
        isHelpless = true;
        counts.helpless++;
        log.error(
          `Bluetooth: ${resets} resets of the adapter did not help (${message}): unplug it and plug it in again, or restart the machine if it is built in; if the devices are off or far away, nothing else is wrong`,
        );
      }
      failures = 0;
      resets++;
      counts.reset++;
      nextResetMs = uptimeMs + resetEveryMs * growth;
      growth = Math.min(2 * growth, resetEveryGrowthMax);
      return 'reset';
    },
  };
}
