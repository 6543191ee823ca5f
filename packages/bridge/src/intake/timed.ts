// How long senders wait: from the receipt of a message to the moment at which it may be acknowledged.

import { Histogram } from 'prom-client';
import type { Intake } from './intake.ts';

/** A histogram that whoever shows metrics registers with its own. */
export const createAcknowledgementTimes = (): Histogram =>
  new Histogram({
    name: 'wattline_acknowledgement_seconds',
    help: 'From the receipt of a message until it is durable and may be acknowledged',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 5],
    registers: [],
  });

/** @param uptimeMs ms of a clock that never jumps */
export function timed(intake: Intake, times: Pick<Histogram, 'observe'>, uptimeMs: () => number): Intake {
  return {
    ...intake,
    get pending() {
      return intake.pending;
    },
    offer(message, stored) {
      const receivedMs = uptimeMs();
      return intake.offer(message, (verdict) => {
        times.observe((uptimeMs() - receivedMs) / 1000);
        stored(verdict);
      });
    },
  };
}
