// Every part of the store there is.

import { alertSchema } from '../alerts/notebook.ts';
import { brokerSchema } from '../broker/schema.ts';
import { alarmSchema } from '../live/alarm-history.ts';
import { logSchema } from '../log/schema.ts';
import { sinkSchema } from '../sinks/ledger.ts';
import { tierSchema } from '../tiers/schema.ts';
import { sessionSchema } from '../web/sessions.ts';

export const schemaParts = [
  logSchema,
  tierSchema,
  brokerSchema,
  alarmSchema,
  sinkSchema,
  alertSchema,
  sessionSchema,
];
