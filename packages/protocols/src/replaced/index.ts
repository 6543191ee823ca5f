// Messages of the programs that Wattline replaces, as readings in our names and units: the vocabulary's family
// `legacy-mqtt`. Recognised by topic and shape, the most specific rule first.

import type { RecordDefinition } from '../device.ts';
import { ProtocolError } from '../session.ts';
import { axpertParallel, axpertUnit } from './axpert.ts';
import { axpertSettings } from './axpert-settings.ts';
import { ble2mqtt } from './ble2mqtt.ts';
import { bluettiMqtt, bluettiPack } from './bluetti-mqtt.ts';
import type { Entries } from './entries.ts';
import { flomaetschke } from './flomaetschke.ts';
import { interster } from './qpigs.ts';
import { rpi5solar } from './rpi5solar.ts';
import type { Knowledge, Rule, Translation } from './translation.ts';

export { flomaetschkeTypes } from './flomaetschke-records.ts';
export type { Knowledge, Translated, Translation } from './translation.ts';

const rules: readonly Rule[] = [
  axpertSettings,
  axpertParallel,
  axpertUnit,
  bluettiPack,
  bluettiMqtt,
  rpi5solar,
  ble2mqtt,
  interster,
  flomaetschke,
];

/** The family, with its records. */
export const replacedPrograms: {
  readonly id: 'legacy-mqtt';
  readonly records: { readonly [record: string]: RecordDefinition<Entries> };
} = { id: 'legacy-mqtt', records: Object.assign({}, ...rules.map(({ records }) => records)) };

/** Topics on which these programs publish by default, beside those of the vendors' words. */
export const replacedTopics: readonly string[] = [
  'victron/+/+',
  'bluetti/state/#',
  'JBD_BMS/+/msgpack',
  'LiTime_MPPT/+/msgpack',
  'power/+',
];

/** `undefined`: of none of these programs. Never throws for what is in a message. */
export function translateReplaced(
  topic: string,
  payload: Uint8Array,
  text: string,
  known: Knowledge,
): Translation | undefined {
  const message = { topic, payload, text, json: jsonOf(text) };
  for (const rule of rules) {
    if (!rule.topic.test(topic)) continue;
    try {
      const translation = rule.translate(message, known);
      if (translation !== undefined) return translation;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return { unfit: error.message };
    }
  }
  return undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
