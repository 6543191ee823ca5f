// Messages of the replaced programs as they came, each with the point that is stored of it.

import { readFileSync } from 'node:fs';
import type { Values } from '../../src/field.ts';
import type { Knowledge } from '../../src/replaced/index.ts';

export interface ReplacedMessage {
  readonly topic: string;
  readonly text?: string;
  readonly payload_hex?: string;
  readonly retain?: boolean;
  /** Delivered because it was retained. */
  readonly retained_on_delivery?: boolean;
  /** `null`: no reading. */
  readonly ours: {
    readonly measurement: string;
    readonly tags: { readonly vendor: string; readonly type: string; readonly device: string };
    readonly time_ms: number | 'arrival';
    readonly fields: Values;
  } | null;
  readonly record?: string;
}

export const file = JSON.parse(readFileSync(new URL('./messages.json', import.meta.url), 'utf8'));

export const replacedMessages: readonly ReplacedMessage[] = [
  ...file.politi.messages,
  ...file.flomaetschke.messages,
  ...file.axpert.receive,
  file.axpert.raw_text_message,
  ...file.bluetti_mqtt.messages,
  ...file.rpi5_solar.messages,
];

export const payloadOf = ({ text, payload_hex }: ReplacedMessage): Uint8Array =>
  text === undefined ? Buffer.from(payload_hex ?? '', 'hex') : Buffer.from(text);

/** What the installation of the examples would have configured and seen. */
export const knowledge: Knowledge = {
  victronTypes: new Map([
    ['Shunt1', 'smartshunt'],
    ['Phoenix1', 'phoenix'],
  ]),
  qpigsTopics: new Map([['son-yskasteTV/inverter', '<given by the rule>']]),
  axpertUnit: '92932004102443',
  // Europe/Berlin in that April.
  localTimeMs: (written) => Date.parse(`${written.replace(' ', 'T')}+02:00`),
};
