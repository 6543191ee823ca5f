// Victron Instant Readout: the family. Records in the order of their type; frame and encryption in framing/victron.ts.

import type {
  Decoded,
  DeviceDefinition,
  Ignored,
  Packet,
  Recognised,
  RecordDefinition,
} from '../../device.ts';
import {
  decryptVictron,
  isEncrypted,
  isWithoutKeyYet,
  parseVictronFrame,
  type VictronFrame,
  victronCompany,
  victronKeyBytes,
} from '../../framing/victron.ts';
import { decodeRecord } from '../../record.ts';
import { ProtocolError } from '../../session.ts';
import { victronProductName } from '../victron-products.ts';
import { acCharger } from './ac-charger.ts';
import { batteryMonitor } from './battery-monitor.ts';
import { batteryProtect } from './battery-protect.ts';
import { dcConverter } from './dc-converter.ts';
import { dcMeter } from './dc-meter.ts';
import { gxDevice } from './gx-device.ts';
import { inverter } from './inverter.ts';
import { inverterRs } from './inverter-rs.ts';
import { lynxBms } from './lynx-bms.ts';
import { multiRs } from './multi-rs.ts';
import { orionXs } from './orion-xs.ts';
import { smartLithium } from './smart-lithium.ts';
import { solarCharger } from './solar-charger.ts';
import { solarSense } from './solar-sense.ts';
import { testRecord } from './test-record.ts';
import { vebus } from './vebus.ts';

/** With the type of their payload: who makes one writes into its bytes. */
export const records: { readonly [record: string]: RecordDefinition<Uint8Array> } = {
  '0x00': testRecord,
  '0x01': solarCharger,
  '0x02': batteryMonitor,
  '0x03': inverter,
  '0x04': dcConverter,
  '0x05': smartLithium,
  '0x06': inverterRs,
  '0x07': gxDevice,
  '0x08': acCharger,
  '0x09': batteryProtect,
  '0x0A': lynxBms,
  '0x0B': multiRs,
  '0x0C': vebus,
  '0x0D': dcMeter,
  '0x0F': orionXs,
  '0xFF01': solarSense,
};

export const victronBle: DeviceDefinition = {
  id: 'victron-ble',
  name: 'Victron Instant Readout',
  preparation: [
    'In VictronConnect: device, settings (gear), ⋮, *Product info*, switch on *Instant readout via Bluetooth*, then *Show*: address and key. Some versions of the app cut the last of the 32 digits when copying. Where the switch is missing the firmware is older than about 2022: update it in the app.',
    '`wattline-agent victron-keys FILE` lists the keys of all devices from the database of VictronConnect on a computer.',
    'The device makes a new key when its Bluetooth PIN is changed.',
    'While the app is connected to the device it sends nothing to others.',
  ],
  doubts: [
    'Whether any product sends `0x00`, `0x06` and `0x07` is not known; no capture is public.',
    '`0x0E` (Smart BMS) has no published layout and is not read.',
    'Pair 14 of the conditions in `0x0A` and the `faults` of SolarSense have no published names: they are shown as `unknown_<bit>`.',
    "`0x0F` (Orion XS) is not in the maker's sheet; four public implementations agree, and the values were compared with the app.",
  ],
  vendor: 'victron',
  media: [{ medium: 'advertisement', company: victronCompany }],
  secret: { setting: 'key', hexDigits: 2 * victronKeyBytes },
  records,
  hear: { decode, isRepeat, recognise },
};

interface KnownRecord {
  readonly name: string;
  readonly definition: RecordDefinition<Uint8Array>;
  /** Bytes of the record as the sheet draws it; firmware may send more or fewer. */
  readonly naturalBytes: number;
  /** Bits of the last natural byte that no field uses. */
  readonly unusedBits: number;
}

const knownRecords: ReadonlyMap<number, KnownRecord> = new Map(
  Object.entries(records).map(([name, definition]) => {
    const ends = Object.values(definition.fields).map(({ where: { span } }) =>
      span === undefined ? 0 : span.from + span.width,
    );
    const bits = Math.max(...ends);
    const unusedBits = (0xff << (((bits - 1) % 8) + 1)) & 0xff;
    return [Number(name), { name, definition, naturalBytes: Math.ceil(bits / 8), unusedBits }];
  }),
);

const recordName = (type: number): string => `0x${type.toString(16).toUpperCase().padStart(2, '0')}`;

const frameOf = ({ source, payload }: Packet): VictronFrame | undefined =>
  source === victronCompany ? parseVictronFrame(payload) : undefined;

function decode(packet: Packet, key: Uint8Array | undefined): Decoded | Ignored {
  const frame = frameOf(packet);
  if (frame === undefined) return { ignored: 'not an Instant Readout frame' };
  const record = knownRecords.get(frame.recordType);
  if (record === undefined)
    return { ignored: `record type ${recordName(frame.recordType)} has no published layout` };
  let payload = frame.body;
  if (isEncrypted(frame)) {
    // Before the key is compared: a dongle that has no key yet does not prove the configured one wrong.
    if (isWithoutKeyYet(frame)) return { ignored: 'the device has no key and no data yet' };
    if (key !== undefined) payload = decryptVictron(frame, key);
    else if (payload.length > 0) return { ignored: 'no key configured' };
    expectUnusedBits(record, payload);
  }
  const { name, definition } = record;
  const values = decodeRecord(definition, payload);
  return { record: name, kind: definition.kind, model: victronProductName(frame.productId), values };
}

/**
 * The key byte in the frame fits one wrong key in 256, and nothing else in the frame is checked; but bits that the
 * record does not use are sent as 1. A longer record may use them.
 */
function expectUnusedBits({ name, naturalBytes, unusedBits }: KnownRecord, payload: Uint8Array): void {
  if (payload.length !== naturalBytes) return;
  const last = payload[naturalBytes - 1] as number;
  if ((last & unusedBits) === unusedBits) return;
  const hex = (byte: number) => byte.toString(16).padStart(2, '0');
  throw new ProtocolError(
    'corrupt',
    `record ${name}: the unused bits ${hex(unusedBits)} of its last byte are not all set (${hex(last)}): ` +
      'the key is of another device or outdated, or the packet is damaged',
  );
}

const nonces = 0x10000;
/** The vendor's receiver takes a frame for old whose nonce is behind the last one by less. */
const nonceBehindMin = 60;

function isRepeat(packet: Packet, previous: Packet): boolean {
  const frame = frameOf(packet);
  const last = frameOf(previous);
  if (frame === undefined || last === undefined || frame.recordType !== last.recordType) return false;
  return (last.nonce - frame.nonce + nonces) % nonces < nonceBehindMin;
}

function recognise(packet: Packet): Recognised | undefined {
  const frame = frameOf(packet);
  if (frame === undefined) return undefined;
  return {
    record: recordName(frame.recordType),
    kind: knownRecords.get(frame.recordType)?.definition.kind ?? 'other',
    model: victronProductName(frame.productId),
    needsSecret: isEncrypted(frame),
  };
}
