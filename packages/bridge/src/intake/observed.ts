// What a witness of the intake tells of what becomes of messages, and of how long their senders waited.

import { visible } from '@wattline/program';
import { Histogram } from 'prom-client';
import type { Message, Verdict } from '../message.ts';
import type { Said } from '../said.ts';

/** A histogram that whoever shows metrics registers with its own. */
export const createAcknowledgementTimes = (): Histogram =>
  new Histogram({
    name: 'wattline_acknowledgement_seconds',
    help: 'From the receipt of a message until it is durable and may be acknowledged',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 5],
    registers: [],
  });

const topicLengthShown = 100;

/** Says for each topic and reason what is set aside, for the person who wonders where a message went. */
export function explainAside({ topic }: Message, verdict: Verdict, said: Said): void {
  if (verdict.is !== 'aside') return;
  const shown = visible(topic.slice(0, topicLengthShown));
  said.say(
    `${shown} ${verdict.reason}`,
    `${shown}: a message was set aside, it is no reading: ${verdict.detail}`,
  );
}
