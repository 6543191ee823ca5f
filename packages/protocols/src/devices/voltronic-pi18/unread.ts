// Voltronic PI18: inquiries whose answers are no readings (factory values, lists for setters, programmes of the day). No poll
// asks them; captured answers are recognised.

import type { RecordDefinition } from '../../device.ts';
import { acknowledgement, askPi18, hexOf, type Pi18Inquiry } from '../../framing/voltronic.ts';
import { askClock } from './energy.ts';

const unread = (inquiry: Pi18Inquiry, about: string): RecordDefinition<Uint8Array> => ({
  kind: 'inverter',
  about,
  asked: askPi18(inquiry, () => true),
  turn: 'never',
  fields: {},
});

const units = Array.from({ length: 9 }, (_, number) => askPi18(`007PRI${number}`, () => true));

export const unreadRecords = {
  T: { ...unread('004T', 'clock'), asked: askClock },
  DI: unread('005DI', 'factory values'),
  MCHGCR: unread('009MCHGCR', 'allowed charge currents'),
  MUCHGCR: unread('010MUCHGCR', 'allowed charge currents from AC'),
  ACCT: unread('005ACCT', 'time of charging from AC'),
  ACLT: unread('005ACLT', 'time of supplying the loads'),
  PRI: {
    ...unread('007PRI0', 'ratings of a unit of a parallel system'),
    requests: units.map(({ request }, number) => ({
      form: hexOf(request),
      does: `asks for \`PRI${number}\``,
    })),
  },
};

/** Captured `^1`; `^0` is a refusal. */
export const answer: RecordDefinition<Uint8Array> = {
  kind: 'inverter',
  about: 'acknowledgement',
  turn: 'never',
  answers: acknowledgement,
  fields: {},
};
