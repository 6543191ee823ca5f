// Voltronic PI30: inquiries whose answers are no readings (factory values, lists for setters, programmes of the day, the
// lamp, the boot loader). No poll asks them; captured answers are recognised.

import type { RecordDefinition } from '../../device.ts';
import { acknowledgement, askPi30, type Pi30Inquiry } from '../../framing/voltronic.ts';
import { askClock } from './energy.ts';

const unread = (inquiry: Pi30Inquiry, about: string): RecordDefinition<Uint8Array> => ({
  kind: 'inverter',
  about,
  asked: askPi30(inquiry, () => true),
  turn: 'never',
  fields: {},
});

export const unreadRecords = {
  QDI: unread('QDI', 'factory values'),
  QMCHGCR: unread('QMCHGCR', 'allowed charge currents'),
  QMUCHGCR: unread('QMUCHGCR', 'allowed charge currents from AC'),
  QOPPT: unread('QOPPT', 'output priorities by the hour'),
  QCHPT: unread('QCHPT', 'charger priorities by the hour'),
  QLED: unread('QLED', 'lamp'),
  QT: { ...unread('QT', 'clock'), asked: askClock },
  QBATCD: unread('QBATCD', 'overrides of charging and discharging'),
  QBOOT: unread('QBOOT', 'boot loader'),
};

/** Captured `(ACK`; `(NAK` is a refusal. */
export const answer: RecordDefinition<Uint8Array> = {
  kind: 'inverter',
  about: 'acknowledgement',
  turn: 'never',
  answers: acknowledgement,
  fields: {},
};
