// The devices of the demonstration: what each is, how it is reached, and the bytes it sends at a moment.

import {
  definitions,
  type Fields,
  instantReadoutRecords,
  type RecordDefinition,
  type Values,
  victronCompany,
} from '@wattline/protocols';
import { manufacturerAdvertising } from '../radio/advertising-payload.ts';
import { encodeInstantReadout, encodePayload, encodeTextBlocks } from '../site/encode.ts';
import type { SimulatedDevice } from '../site/site.ts';

interface Simulated {
  readonly name: SimulatedDevice;
  /** Second topic level. */
  readonly type: string;
  readonly record: string;
}

/** What the bytes of an advertisement depend on. */
export interface Advertiser {
  readonly record: string;
  /** Made up: no device has it. */
  readonly key: string;
  readonly productId: number;
}

export interface RadioDevice extends Simulated, Advertiser {
  readonly address: string;
}

export type CableDevice = Simulated;

export const radioDevices: readonly RadioDevice[] = [
  {
    name: 'roof',
    type: 'smartsolar',
    record: '0x01',
    address: 'FA:AC:27:00:00:01',
    key: 'ade0cb947395801a4dd45a2eaa44bf01',
    productId: 0xa057,
  },
  {
    name: 'bank',
    type: 'smartshunt',
    record: '0x02',
    address: 'FA:AC:27:00:00:02',
    key: 'bff4d0995b7d1e176c0c33ecb9e70d02',
    productId: 0xa389,
  },
  {
    name: 'inverter',
    type: 'phoenix',
    record: '0x03',
    address: 'FA:AC:27:00:00:03',
    key: 'cabbccdd11223344aabbccdd11223303',
    productId: 0xa2f2,
  },
  {
    name: 'orion',
    type: 'orion',
    record: '0x04',
    address: 'FA:AC:27:00:00:04',
    key: 'd6d2d1dd910c36f635ddeac69d7ea804',
    productId: 0xa3c2,
  },
];

export const cableDevices: readonly CableDevice[] = [
  { name: 'shed', type: 'mppt', record: 'solar_charger' },
  { name: 'shed-battery', type: 'bmv', record: 'battery_monitor' },
];

/** Manufacturer data after the company id, as the device would advertise them. */
export function advertisedBytes(device: Advertiser, nonce: number, values: Values): Buffer {
  const payload = encodePayload(fieldsOf(device.record, instantReadoutRecords), values);
  const key = Buffer.from(device.key, 'hex');
  return encodeInstantReadout(device.productId, Number(device.record), nonce, key, payload);
}

/** The whole advertisement. */
export const advertisement = (device: Advertiser, nonce: number, values: Values): Buffer =>
  manufacturerAdvertising(victronCompany, advertisedBytes(device, nonce, values));

const textRecords = definitions.find(({ id }) => id === 'vedirect-text')?.records ?? {};

/** One round of blocks, as the device would send them. */
export const sentBytes = (device: CableDevice, values: Values): Uint8Array =>
  Buffer.concat(encodeTextBlocks(fieldsOf(device.record, textRecords), values));

function fieldsOf<Payload>(
  record: string,
  records: { readonly [record: string]: RecordDefinition<Payload> },
): Fields<Payload> {
  const found = records[record];
  if (found === undefined) throw new Error(`there is no record ${record}`);
  return found.fields;
}
