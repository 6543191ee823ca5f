// The examples of the replaced programs' messages, as messages of a broker.

import { readFileSync } from 'node:fs';
import type { Values } from '@wattline/protocols';
import type { ReplacedPrograms } from '../src/ingest/replaced.ts';
import type { Message } from '../src/message.ts';
import { noon } from './scratch-log.ts';

interface Example {
  readonly topic: string;
  readonly text?: string;
  readonly payload_hex?: string;
  readonly retained_on_delivery?: boolean;
  readonly ours: {
    readonly measurement: string;
    readonly tags: { readonly vendor: string; readonly type: string; readonly device: string };
    readonly time_ms: number | 'arrival';
    readonly fields: Values;
  } | null;
}

const url = new URL('../../protocols/test/replaced/messages.json', import.meta.url);
export const compat = JSON.parse(readFileSync(url, 'utf8'));

export const examples: readonly Example[] = [
  ...compat.politi.messages,
  ...compat.flomaetschke.messages,
  ...compat.axpert.receive,
  compat.axpert.raw_text_message,
  ...compat.bluetti_mqtt.messages,
  ...compat.rpi5_solar.messages,
];

export const messageOf = (example: Example, index: number): Message => ({
  topic: example.topic,
  payload:
    example.text === undefined ? Buffer.from(example.payload_hex ?? '', 'hex') : Buffer.from(example.text),
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
