// What the broker refused, by cause: counted always, said once an hour.

import { visible } from '@wattline/program';
import { createSaid } from '../said.ts';

const causes = [
  'sign_in',
  'publish',
  'foreign_agent',
  'subscribe',
  'client',
  'retained',
  'connection',
  'slowed',
] as const;
export type RefusalCause = (typeof causes)[number];

/** Ends a connection for a reason that was said already. */
export class RefusedError extends Error {}

export interface Refusals {
  /** `about` tells lines of one cause apart: a client, a user. */
  refuse(cause: RefusalCause, about: string, text: string): void;
  counts(): { readonly [cause in RefusalCause]: number };
}

const textLengthMax = 300;

export function createRefusals(report: (text: string) => void, steadyMs: () => number): Refusals {
  const counts = Object.fromEntries(causes.map((cause) => [cause, 0])) as Record<RefusalCause, number>;
  const said = createSaid('Embedded broker', report, steadyMs);
  return {
    refuse: (cause, about, text) => {
      counts[cause]++;
      said.say(`${cause} ${about}`, `Embedded broker: ${visible(text).slice(0, textLengthMax)}`);
    },
    counts: () => ({ ...counts }),
  };
}
