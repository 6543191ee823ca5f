// Services and characteristics of a simulated peripheral as the attribute table that a central reads.
// Bluetooth Core Specification, Vol 3 Part G (GATT), 3.

import { u8, u16, uuidBytes } from './hci-bytes.ts';

export type Property = 'read' | 'writeWithoutResponse' | 'write' | 'notify' | 'indicate';

export interface Characteristic {
  readonly uuid: string;
  readonly properties: readonly Property[];
  readonly value?: Buffer;
  /** Instead of a fixed value: what is read now. */
  readonly onRead?: () => Buffer;
  readonly onWrite?: (data: Buffer) => void;
}

export interface Service {
  readonly uuid: string;
  readonly characteristics: readonly Characteristic[];
}

export interface Attribute {
  /** Its place in the table, counted from 1. */
  readonly handle: number;
  readonly type: Buffer;
  value: Buffer;
  /** Last handle of the service that this attribute declares. */
  groupEnd?: number;
  readonly characteristic?: Characteristic;
  /** The characteristic whose notifications this attribute switches. */
  readonly configures?: Characteristic;
}

const propertyBit: { readonly [property in Property]: number } = {
  read: 0x02,
  writeWithoutResponse: 0x04,
  write: 0x08,
  notify: 0x10,
  indicate: 0x20,
};
const primaryService = u16(0x2800);
const characteristicDeclaration = u16(0x2803);
const clientConfiguration = u16(0x2902);

/** The services after the generic one, which carries the device's name. */
export function attributeTable(name: string, services: readonly Service[]): Attribute[] {
  const table: Attribute[] = [];
  const add = (type: Buffer, value: Buffer, more: Partial<Attribute> = {}): Attribute => {
    const attribute = { handle: table.length + 1, type, value, ...more };
    table.push(attribute);
    return attribute;
  };
  const generic: Service = {
    uuid: '1800',
    characteristics: [{ uuid: '2a00', properties: ['read'], value: Buffer.from(name) }],
  };
  for (const service of [generic, ...services]) {
    const declaration = add(primaryService, uuidBytes(service.uuid));
    for (const characteristic of service.characteristics) {
      const bits = characteristic.properties.reduce((sum, property) => sum | propertyBit[property], 0);
      const uuid = uuidBytes(characteristic.uuid);
      add(characteristicDeclaration, Buffer.concat([u8(bits), u16(table.length + 2), uuid]));
      add(uuid, characteristic.value ?? Buffer.alloc(0), { characteristic });
      if (bits & (propertyBit.notify | propertyBit.indicate)) {
        add(clientConfiguration, u16(0), { configures: characteristic });
      }
    }
    declaration.groupEnd = table.length;
  }
  return table;
}
