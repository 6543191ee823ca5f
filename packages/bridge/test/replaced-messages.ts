// The examples of the replaced programs' messages, as messages of a broker.

import { payloadOf, type ReplacedMessage } from '../../protocols/test/replaced/messages.ts';
import type { ReplacedPrograms } from '../src/ingest/replaced.ts';
import type { Message } from '../src/message.ts';
import { noon } from './scratch-log.ts';

export const messageOf = (example: ReplacedMessage, index: number): Message => ({
  topic: example.topic,
  payload: payloadOf(example),
  receivedMs: noon + index,
  retained: example.retained_on_delivery ?? false,
});

/** What the owner of all of them has configured. */
export const replacedPrograms: ReplacedPrograms = {
  victronDevices: new Map([
    ['Shunt1', 'smartshunt'],
    ['Phoenix1', 'phoenix'],
  ]),
  qpigsTopics: new Map([['son-yskasteTV/inverter', 'axpert-north']]),
  timeZone: 'Europe/Berlin',
};
