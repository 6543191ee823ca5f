// What a peripheral puts into an advertising packet: AD structures of length, type and data.
// Bluetooth Core Specification, Vol 3 Part C, 11; types from Assigned Numbers 2.3.

import { u8, u16, uuidBytes } from './hci-bytes.ts';

/** Room of a legacy advertising packet or scan response. */
export const advertisingBytesMax = 31;

const adStructure = (type: number, data: Uint8Array): Buffer =>
  Buffer.concat([u8(data.length + 1, type), data]);

/** General discoverable, no classic Bluetooth. */
export const flagsStructure = (): Buffer => adStructure(0x01, u8(0x06));

export const nameStructure = (name: string): Buffer => adStructure(0x09, Buffer.from(name));

export const servicesStructure = (...uuids16: string[]): Buffer =>
  adStructure(0x03, Buffer.concat(uuids16.map(uuidBytes)));

export const manufacturerStructure = (company: number, payload: Uint8Array): Buffer =>
  adStructure(0xff, Buffer.concat([u16(company), payload]));

/** Flags and manufacturer data, as Instant Readout devices send them. */
export const manufacturerAdvertising = (company: number, payload: Uint8Array): Buffer =>
  Buffer.concat([flagsStructure(), manufacturerStructure(company, payload)]);
