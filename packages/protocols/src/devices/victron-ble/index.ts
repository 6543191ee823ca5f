// Victron Instant Readout: the family. Records in the order of their type; frame and encryption in framing/victron.ts.

import {
  type Decoded,
  type DeviceDefinition,
  decodeRecord,
  type Ignored,
  type Packet,
  type RecordDefinition,
} from '../../device.ts';
import {
  decryptVictron,
  isEncrypted,
  isWithoutKeyYet,
  parseVictronFrame,
  victronCompany,
  victronKeyBytes,
} from '../../framing/victron.ts';
import { solarCharger } from './solar-charger.ts';

const records: { readonly [record: string]: RecordDefinition<Uint8Array> } = {
  '0x01': solarCharger,
};

export const victronBle: DeviceDefinition = {
  id: 'victron-ble',
  name: 'Victron Instant Readout',
  vendor: 'victron',
  media: [{ medium: 'advertisement', company: victronCompany }],
  secret: { setting: 'key', hexDigits: 2 * victronKeyBytes },
  records,
  hear: {
    decode,
    isRepeat: (packet, previous) => nonceOf(packet) === nonceOf(previous),
    recognise: () => undefined,
  },
};

function nonceOf(packet: Packet): number | undefined {
  return parseVictronFrame(packet.payload)?.nonce;
}

function decode(packet: Packet, key: Uint8Array | undefined): Decoded | Ignored {
  const frame = parseVictronFrame(packet.payload);
  if (frame === undefined) return { ignored: 'not an Instant Readout frame' };
  const name = `0x${frame.recordType.toString(16).toUpperCase().padStart(2, '0')}`;
  const record = records[name];
  if (record === undefined) return { ignored: `record type ${name} has no published layout` };
  if (isWithoutKeyYet(frame)) return { ignored: 'the adapter has no key and no data yet' };
  if (isEncrypted(frame) && key === undefined) return { ignored: 'no key configured' };
  const payload = key === undefined || !isEncrypted(frame) ? frame.body : decryptVictron(frame, key);
  return { record: name, kind: record.kind, values: decodeRecord(record, payload) };
}
