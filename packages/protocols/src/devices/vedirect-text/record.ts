// Which record a block of VE.Direct text belongs to: the product id tells; where it is missing (old BMV, a block of
// several), labels that only one kind of product sends.

import type { Decoded, RecordDefinition } from '../../device.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import { decodeRecord } from '../../record.ts';
import { victronProductName } from '../victron-products.ts';
import { batteryMonitor } from './battery-monitor.ts';
import { charger } from './charger.ts';
import { dcConverter } from './dc-converter.ts';
import { dcMeter } from './dc-meter.ts';
import { inverter } from './inverter.ts';
import { multiRs } from './multi-rs.ts';
import { solarCharger } from './solar-charger.ts';

export const records = {
  battery_monitor: batteryMonitor,
  dc_meter: dcMeter,
  solar_charger: solarCharger,
  inverter,
  charger,
  dc_converter: dcConverter,
  multi_rs: multiRs,
} as const satisfies { readonly [record: string]: RecordDefinition<Block> };

type RecordName = keyof typeof records;

// The first that fits: an MPPT's name says Charger too, an Inverter RS's Inverter.
const byProductName: readonly (readonly [RegExp, RecordName])[] = [
  [/BMV|SmartShunt/, 'battery_monitor'],
  [/Inverter RS|Multi RS/, 'multi_rs'],
  [/MPPT/, 'solar_charger'],
  [/Phoenix.*Inverter/, 'inverter'],
  [/Orion|Buckboost/, 'dc_converter'],
  [/Charger|IMPULSE|Vector|Skylla/, 'charger'],
];

// The first whose labels are all there with a value: a DC meter sends the battery's labels as `---`.
const byLabels: readonly (readonly [readonly string[], RecordName])[] = [
  [['MON'], 'battery_monitor'],
  [['BMV'], 'battery_monitor'],
  [['SOC'], 'battery_monitor'],
  [['H1'], 'battery_monitor'],
  [['DC_IN_V'], 'dc_converter'],
  [['AC_OUT_V', 'VPV'], 'multi_rs'],
  [['AC_OUT_V'], 'inverter'],
  [['VPV'], 'solar_charger'],
  [['LOAD'], 'solar_charger'],
  [['HC#'], 'charger'],
  [['V2'], 'charger'],
];

/** Labels that say what the device is; only one block of a round carries them. */
export const identityLabels: readonly string[] = ['PID', 'BMV', 'MON'];

/** Labels that are no reading and not unknown either. */
const capabilityLabels: readonly string[] = ['CAP_BLE'];

/** Name of the product by its id, undefined without one. */
const productNameOf = (block: Block): string | undefined => {
  const id = block.get('PID');
  return id === undefined || Number.isNaN(Number(id)) ? undefined : victronProductName(Number(id));
};

/** `undefined`: a name of no product that has a VE.Direct port. */
export const vedirectProductRecord = (product: string): RecordName | undefined =>
  byProductName.find(([pattern]) => pattern.test(product))?.[1];

/** `undefined`: the labels fit several kinds of product. */
export function recordOf(block: Block): RecordName | undefined {
  const known = (label: string) => (block.get(label) ?? '---') !== '---';
  const name =
    vedirectProductRecord(productNameOf(block) ?? '') ??
    byLabels.find(([labels]) => labels.every(known))?.[1];
  const isMeter = name === 'battery_monitor' && known('MON') && Number(block.get('MON')) !== 0;
  return isMeter ? 'dc_meter' : name;
}

/** Decodes the labels of `block`, which `identity` (labels that say what the device is) completes. */
export function decodeBlock(block: Block, identity: Block): Decoded | undefined {
  const all = new Map([...identity, ...block]);
  const record = recordOf(all);
  if (record === undefined) return undefined;
  const monitor = all.get('BMV');
  const model = productNameOf(all) ?? (monitor === undefined ? undefined : `BMV-${monitor}`);
  const definition = records[record];
  const values = decodeRecord(definition, block);
  return { record, kind: definition.kind, values, ...(model === undefined ? {} : { model }) };
}

const labelsOf = (record: RecordDefinition<Block>): readonly string[] =>
  Object.values(record.fields).flatMap(({ where }) => where.labels ?? []);

/** Whether the label has a meaning in the record. A DC meter has all labels of a battery monitor, most of them unused. */
export function isKnownLabel(record: RecordName, label: string): boolean {
  if (capabilityLabels.includes(label)) return true;
  const definitions = record === 'dc_meter' ? [dcMeter, batteryMonitor] : [records[record]];
  return definitions.some((definition) => labelsOf(definition).includes(label));
}
