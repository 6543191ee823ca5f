// Says once what is set aside and why, for the person who wonders where a message went.

import type { Repeats } from '@wattline/program';
import { visible } from '@wattline/program';
import type { Intake } from './intake.ts';

const topicLengthShown = 100;

export function explained(intake: Intake, repeats: Pick<Repeats, 'fault'>): Intake {
  return {
    ...intake,
    get pending() {
      return intake.pending;
    },
    offer: (message, stored) =>
      intake.offer(message, (verdict) => {
        if (verdict.is === 'aside') {
          const topic = visible(message.topic.slice(0, topicLengthShown));
          const text = `${topic}: a message was set aside, it is no reading: ${verdict.detail}`;
          repeats.fault(`${topic} ${verdict.reason}`, text);
        }
        stored(verdict);
      }),
  };
}
