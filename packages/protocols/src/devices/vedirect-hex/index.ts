// Victron VE.Direct HEX: the family. Asked at the same cable at which the device sends its text; tells what the text lacks.
// Only gets, and the questions for version and product, are sent.

import type { DeviceDefinition, RecordDefinition } from '../../device.ts';
import {
  anyHexFrame,
  hexRequests,
  isHexRequest,
  productRegister,
  registersIn,
  versionRegister,
} from '../../framing/vedirect-hex.ts';
import { askRegisters, recordOfProduct, registersOf } from './ask.ts';
import { batteryMonitor } from './battery-monitor.ts';
import { charger } from './charger.ts';
import { dcConverter } from './dc-converter.ts';
import { inverter } from './inverter.ts';
import { registersTold } from './places.ts';
import { solarCharger } from './solar-charger.ts';

const all = {
  solar_charger: solarCharger,
  battery_monitor: batteryMonitor,
  inverter,
  charger,
  dc_converter: dcConverter,
} as const satisfies { readonly [record: string]: RecordDefinition<Uint8Array> };

const commandRegisters: readonly number[] = [versionRegister, productRegister];

/** Captured answers of a record. */
const answersOf = (record: RecordDefinition<Uint8Array>): Pick<RecordDefinition<Uint8Array>, 'answers'> => {
  const known = new Set(registersOf(record));
  return { answers: (request) => registersIn(request, (id) => known.has(id)) };
};

/** What may come in a record. */
const registersByRecord = Object.entries(all).map(
  ([name, record]) => [name, new Set([...registersOf(record), ...commandRegisters])] as const,
);
const everyRegister = new Set(Object.values(all).flatMap(registersOf));

/** By the product; where the bytes do not tell it, the first that has the registers. */
function recordOf(payload: Uint8Array): string {
  const told = registersTold(payload).filter((id) => everyRegister.has(id));
  const fitting = registersByRecord.find(([, own]) => told.every((id) => own.has(id)));
  return recordOfProduct(payload) ?? fitting?.[0] ?? 'solar_charger';
}

// Which record it is shows only when the product is known: one asks, for all of them.
const asking: Partial<RecordDefinition<Uint8Array>> = {
  asked: (context) => askRegisters(all, context),
  requests: hexRequests,
  recordOf,
  isAskedBy: isHexRequest,
  answers: (request) => registersIn(request, (id) => everyRegister.has(id)),
};

export const vedirectHex: DeviceDefinition = {
  id: 'vedirect-hex',
  name: 'Victron VE.Direct HEX',
  preparation: [
    'Nothing is switched on: the port answers beside the text that it sends by itself. It needs a VE.Direct USB cable, or a converter for 3.3 V or 5 V as the device says.',
    'A device of this definition and one of `vedirect-text` may name the same port; sums of the page then count the watts of the text.',
  ],
  doubts: [
    'Some firmware gives the product id in two bytes, in either order: the order that names a product is taken.',
    'How register 0x0102 writes the version is published nowhere; the answer to the question for the version is taken.',
  ],
  vendor: 'victron',
  media: [{ medium: 'serial', baudRate: 19_200 }],
  records: {
    solar_charger: { ...solarCharger, ...asking },
    battery_monitor: { ...batteryMonitor, ...answersOf(batteryMonitor) },
    inverter: { ...inverter, ...answersOf(inverter) },
    charger: { ...charger, ...answersOf(charger) },
    dc_converter: { ...dcConverter, ...answersOf(dcConverter) },
  },
  ask: { namesQuestion: true, exchangeOf: anyHexFrame },
  besides: 'vedirect-text',
};
