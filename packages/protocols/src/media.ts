// The ways of reaching a device, in words.

import type { Medium } from './device.ts';

export function describeMedium(way: Medium): string {
  switch (way.medium) {
    case 'advertisement':
      return `Bluetooth advertisement, company id ${hex(way.company)}`;
    case 'serial':
      return `serial port, ${way.baudRate} baud`;
    case 'gatt':
      return `Bluetooth connection, service ${way.services.join(' and ')}, notify ${way.notify}, write ${way.write}`;
    case 'gatt-values':
      return `Bluetooth connection, values of ${way.services.length === 0 ? 'any service' : `service ${way.services.join(' and ')}`}`;
    case 'hid':
      return `USB HID ${hex(way.vendor)}:${hex(way.product)}`;
    case 'can':
      return `CAN bus, ${way.bitRate / 1000} kbit/s`;
  }
}

const hex = (number: number): string => `0x${number.toString(16).toUpperCase().padStart(4, '0')}`;
