// Says what the outbox gave up and what is damaged in it.

import type { Log } from '@wattline/program';
import type { Outbox } from '../outbox/outbox.ts';

/** The function to call whenever something may have been lost; it says each loss once. */
export function createLosses(outbox: Pick<Outbox, 'status'>, log: Log): () => void {
  let said = { evicted: 0, corruptBytes: 0, untidied: 0 };
  return () => {
    const { evicted, corruptBytes, untidied } = outbox.status();
    if (evicted > said.evicted) {
      log.error(
        `Readings given up: ${evicted - said.evicted}, the oldest in the outbox; it is full (outbox.max_size) or they were too old (outbox.max_age).`,
      );
    }
    if (corruptBytes > said.corruptBytes) {
      log.warn(
        `The outbox holds ${corruptBytes - said.corruptBytes} damaged bytes; the power went while a reading was written, or the disk loses data.`,
      );
    }
    if (untidied > said.untidied) {
      log.warn('The outbox could not be tidied; some readings may be delivered twice, which is harmless.');
    }
    said = { evicted, corruptBytes, untidied };
  };
}
