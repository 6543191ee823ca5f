// What is said of messages that are no readings.

import { visible } from '@wattline/program';
import type { Message, Verdict } from '../message.ts';
import type { Said } from '../said.ts';

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
